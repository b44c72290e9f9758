// Opens a report page as its readers do and fails on what they would stumble over: an error on the
// console, a request that leaves the page, a serious finding of axe-core, a page wider than the window,
// a chart that must be scrolled sideways, text in it that is cut off, too small or lies on other text. Writes a
// screenshot of every view.
//
//   node check.mjs PAGE.html FOLDER [CHROMIUM]

import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [page, folder, executablePath = "/usr/bin/chromium"] = process.argv.slice(2);
if (!page || !folder) throw new Error("usage: node check.mjs PAGE.html FOLDER [CHROMIUM]");
const address = pathToFileURL(resolve(page)).href;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(folder, { recursive: true });

const VIEWS = [
  { name: "wide", width: 1400 },
  { name: "middle", width: 800 },
  { name: "narrow", width: 400 },
  { name: "dark", width: 1400, colorScheme: "dark" },
  { name: "print", width: 794, media: "print" }, // A4 at 96 pixels per inch
];

/** Text of charts that leaves its chart or lies on other text; runs in the page. */
function faultsOfCharts() {
  const faults = [];
  for (const svg of document.querySelectorAll("svg")) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    const title = svg.querySelector("title")?.textContent ?? "a chart without a title";
    const texts = [...svg.querySelectorAll("text")].map((text) => ({
      name: text.textContent,
      area: text.getBoundingClientRect(),
    }));
    for (const [n, { name, area }] of texts.entries()) {
      const out = Math.max(frame.left - area.left, area.right - frame.right, frame.top - area.top, area.bottom - frame.bottom);
      if (out > 1) faults.push(`${title}: "${name}" is cut off by ${out.toFixed(1)} px`);
      for (const other of texts.slice(n + 1)) {
        const x = Math.min(area.right, other.area.right) - Math.max(area.left, other.area.left);
        const y = Math.min(area.bottom, other.area.bottom) - Math.max(area.top, other.area.top);
        // Boxes hold the room above and below the letters: a fifth of it may be shared.
        if (x > 1 && y > area.height / 5) faults.push(`${title}: "${name}" lies on "${other.name}"`);
      }
    }
  }
  for (const figure of document.querySelectorAll("figure")) {
    const title = figure.getAttribute("aria-label");
    const shown = [...figure.querySelectorAll("svg")].filter((svg) => svg.getBoundingClientRect().width > 0);
    if (shown.length !== 1) faults.push(`${title}: ${shown.length} drawings are shown`);
    if (figure.scrollWidth > figure.clientWidth + 1) faults.push(`${title}: it must be scrolled sideways`);
    for (const svg of shown) {
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      const sizes = [...svg.querySelectorAll("text")].map((text) => parseFloat(getComputedStyle(text).fontSize) * scale);
      if (Math.min(...sizes) < 9) faults.push(`${title}: its letters are ${Math.min(...sizes).toFixed(1)} px high`);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`the id ${id} is not unique`);
  const wide = document.documentElement.scrollWidth - window.innerWidth;
  if (wide > 0) faults.push(`the page is ${wide} px wider than the window`);
  return faults;
}

async function look(browser, { name, width, colorScheme = "light", media = "screen" }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const tab = await context.newPage();
  const faults = [];
  tab.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(`console: ${message.text()}`);
  });
  tab.on("pageerror", (error) => faults.push(`error: ${error}`));
  tab.on("request", (request) => {
    if (request.url() !== address) faults.push(`a request left the page: ${request.url()}`);
  });
  await tab.emulateMedia({ media, colorScheme });
  await tab.goto(address);
  if ((await tab.locator("svg").count()) === 0) faults.push("there is no chart");
  JSON.parse(await tab.locator("#drplan-result").textContent());
  await tab.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  if (media === "screen") {
    await tab.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
    await tab.evaluate(axe);
    const found = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, impact, help, nodes } of found.violations) {
      const where = nodes.slice(0, 3).map((node) => node.html.slice(0, 200)).join(" | ");
      const line = `axe ${impact} ${id}: ${help} (${nodes.length}): ${where}`;
      if (["serious", "critical"].includes(impact)) faults.push(line);
      else console.log(`${name}: ${line}`);
    }
    // By keyboard: the first stop is the link to the verdict, and it is seen.
    await tab.evaluate(() => document.activeElement?.blur());
    await tab.keyboard.press("Tab");
    const first = await tab.evaluate(() => ({
      text: document.activeElement.textContent,
      left: document.activeElement.getBoundingClientRect().left,
    }));
    if (!first.text.startsWith("Skip") || first.left < 0) faults.push(`the first stop is ${JSON.stringify(first)}`);
  } else {
    await tab.pdf({ path: `${folder}/${name}.pdf`, format: "A4", margin: { top: "15mm", bottom: "15mm", left: "12mm", right: "12mm" } });
    const hidden = await tab.locator("details .wide svg").evaluateAll((all) => all.filter((svg) => svg.getBoundingClientRect().width === 0).length);
    if (hidden > 0) faults.push(`${hidden} charts are not printed`);
  }
  faults.push(...(await tab.evaluate(faultsOfCharts)));
  await context.close();
  return faults.map((fault) => `${name}: ${fault}`);
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const faults = [];
for (const view of VIEWS) faults.push(...(await look(browser, view)));
await browser.close();
for (const fault of faults) console.error(fault);
console.log(`${VIEWS.length} views, ${faults.length} faults, screenshots in ${folder}`);
process.exit(faults.length === 0 ? 0 : 1);

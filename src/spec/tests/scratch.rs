#[test]
fn scratch() {
    for f in std::env::var("F").unwrap().split(',') {
        let text = std::fs::read(f).unwrap();
        match super::load_bytes(&text) {
            Ok(l) => {
                eprintln!("{}", l.document.render(f, &l.advice, false));
                if std::env::var("R").is_ok() {
                    for r in l.resolved {
                        eprintln!("{} = {}   {:?}", r.path, r.value, r.origin)
                    }
                }
            }
            Err((f, d)) => eprintln!("{}", d.render("t1.toml", &f, false)),
        }
    }
}

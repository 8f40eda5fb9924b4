//! The project's own corpus: made-up helpdesk text from a seed, in Spanish, French, German and English.
//!
//! Between the sentences stand what helpdesk text is full of and is no personal datum: ids, URLs, time
//! stamps, UUIDs, prices, versions, order numbers. Data are spread evenly; two of three are e-mail
//! addresses, so that at one datum per 340 bytes there is one at sign per 500 bytes.
#![allow(dead_code, missing_docs, unreachable_pub)] // Each bench and test takes what it needs.
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use olvido::detectors::check::seeded::{self, Seeded};
use olvido::records::{Block, NewField, Ordinal, PathStore, Record, RecordKind, Role};

const SENTENCES: [&str; 32] = [
    "No consigo entrar en mi cuenta desde ayer por la tarde",
    "El equipo ha revisado la incidencia y la ha vuelto a abrir",
    "Les agradezco la ayuda con la configuración del correo",
    "La factura llegó con un importe que no corresponde al servicio",
    "¿Podrían confirmar cuándo estará disponible la actualización?",
    "He probado a reiniciar el router y sigue sin haber conexión",
    "La impresora de la tercera planta no responde a las órdenes",
    "Quedo a la espera de su respuesta, muchas gracias",
    "Je n'arrive plus à me connecter à mon espace depuis hier soir",
    "Le dossier a été transmis au service compétent pour examen",
    "Merci de bien vouloir vérifier l'état de la commande",
    "L'écran reste noir après la mise à jour du système",
    "Pourriez-vous m'indiquer la marche à suivre pour le retour ?",
    "La livraison n'est toujours pas arrivée à l'adresse prévue",
    "Nous avons constaté une coupure du réseau ce matin",
    "Je reste à votre disposition pour toute précision utile",
    "Seit gestern kann ich mich nicht mehr am Portal anmelden",
    "Die Rechnung wurde doppelt abgebucht, bitte prüfen Sie das",
    "Nach dem Neustart funktioniert der Drucker wieder einwandfrei",
    "Könnten Sie mir bitte den aktuellen Stand der Bestellung nennen?",
    "Das Gerät schaltet sich nach wenigen Minuten von selbst aus",
    "Vielen Dank für die schnelle Bearbeitung meiner Anfrage",
    "Der Zugang zum freigegebenen Ordner wird verweigert",
    "Wir haben die Einstellungen überprüft und nichts gefunden",
    "The application closes as soon as the report is opened",
    "Could you please let me know when the refund will arrive",
    "I have tried clearing the cache and it did not help",
    "The invitation link has expired and a new one is needed",
    "Our office network was down for most of the morning",
    "Thanks for looking into this so quickly, much appreciated",
    "The export contains empty columns for the last quarter",
    "Please escalate this to the second line of support",
];
const NAMES: [&str; 16] = [
    "ana.prueba",
    "luis.muestra",
    "marta_demo",
    "jean.exemple",
    "claire-test",
    "paul.modele",
    "heike.muster",
    "jens.probe",
    "uwe.beispiel",
    "sam.sample",
    "kim.trial",
    "alex.fake",
    "ines.ficticia",
    "hugo.fictif",
    "eva.erfunden",
    "joe.madeup",
];
const DOMAINS: [&str; 8] = [
    "example.com",
    "example.org",
    "example.net",
    "mail.example",
    "correo.example",
    "post.test",
    "firma.example",
    "a.b.invalid",
];

/// Plain text of at least so many bytes, with one datum per `datum_every` bytes.
pub fn plain(seed: u64, bytes: usize, datum_every: usize) -> String {
    let mut text = Text::new(seed, datum_every);
    while text.out.len() < bytes {
        text.sentence();
    }
    text.out
}

/// Zendesk-shaped tickets with comments, one JSON object a line, of at least so many bytes.
pub fn ndjson_tickets(seed: u64, bytes: usize, datum_every: usize) -> String {
    let mut random = Seeded::new(seed ^ 0x7ee7);
    let mut text = Text::new(seed, datum_every);
    let mut out = String::with_capacity(bytes + (8 << 10));
    let mut id = 35_436_u64;
    while out.len() < bytes {
        id += 1 + random.below(3);
        // The same share of data, counted over the lines and not only over the texts.
        text.due = text.due.min(text.written + datum_every);
        out.push_str(&format!(
            "{{\"id\":{id},\"url\":\"https://acme.example/api/v2/tickets/{id}.json\",\"created_at\":\"{}\",\
             \"updated_at\":\"{}\",\"requester_id\":{},\"assignee_id\":{},\"status\":\"{}\",\"subject\":\"{}\",\
             \"description\":\"{}\",\"tags\":[\"{}\"],\"comments\":[",
            stamp(&mut random),
            stamp(&mut random),
            20_978_392 + random.below(90_000),
            235_323 + random.below(500),
            random.of(&["open", "pending", "solved", "closed"]),
            escaped(&text.some(1)),
            escaped(&text.some(4)),
            random.of(&["urgent", "vip", "devolución", "netzwerk"]),
        ));
        for at in 0..3 + random.below(5) {
            if at > 0 {
                out.push(',');
            }
            let sentences = 2 + random.below(8);
            out.push_str(&format!(
                "{{\"id\":{},\"type\":\"Comment\",\"author_id\":{},\"body\":\"{}\",\"public\":{},\"created_at\":\"{}\"}}",
                1_274_000_000 + random.below(900_000),
                20_978_392 + random.below(90_000),
                escaped(&text.some(sentences)),
                random.below(2) == 0,
                stamp(&mut random),
            ));
        }
        out.push_str("]}\n");
        text.written = out.len();
    }
    out
}

/// The text as blocks of about 256 KiB with fields of 40 to 2,000 bytes.
pub fn blocks(seed: u64, text: &str) -> Vec<Block> {
    let mut random = Seeded::new(seed);
    let mut out = Vec::new();
    let mut block = fresh();
    let mut from = 0;
    while from < text.len() {
        let mut end = (from + 40 + random.below(1_960) as usize).min(text.len());
        // Fields end where words end: a reader cuts no word.
        while end < text.len() && !text.as_bytes()[end].is_ascii_whitespace() {
            end += 1;
        }
        block.push_field(&text[from..end], NewField::verbatim(0, PathStore::ROOT, Role::Body, from as u64));
        from = end;
        if block.is_full() {
            out.push(std::mem::replace(&mut block, fresh()));
        }
    }
    out.push(block);
    out
}

fn fresh() -> Block {
    let mut block = Block::default();
    block.push_record(Record::new("text".into(), RecordKind::Text, Ordinal { top: 0, sub: 0 }));
    block
}

struct Text {
    random: Seeded,
    out: String,
    datum_every: usize,
    /// Length of the whole at which the next datum is due.
    due: usize,
    /// How much of the whole stands elsewhere.
    written: usize,
    data: u64,
}

impl Text {
    fn new(seed: u64, datum_every: usize) -> Text {
        let due = datum_every / 2;
        Text { random: Seeded::new(seed), out: String::new(), datum_every, due, written: 0, data: 0 }
    }

    fn some(&mut self, sentences: u64) -> String {
        for _ in 0..sentences {
            self.sentence();
        }
        let taken = std::mem::take(&mut self.out);
        self.written += taken.len();
        taken
    }

    fn sentence(&mut self) {
        let sentence = self.random.of(&SENTENCES);
        self.out.push_str(sentence);
        if self.random.below(4) == 0 {
            let noise = self.noise();
            self.out.push_str(&noise);
        }
        if self.written + self.out.len() >= self.due {
            self.due += self.datum_every;
            let datum = self.datum();
            self.out.push_str(&datum);
        }
        let end = self.random.of(&[". ", ". ", ".\n", ", ", "! ", "\n\n"]);
        self.out.push_str(end);
    }

    /// Technical text that is no personal datum.
    fn noise(&mut self) -> String {
        let random = &mut self.random;
        match random.below(9) {
            0 => format!(" ({})", stamp(random)),
            1 => format!(" https://acme.example/items/{}?page={}", random.digits(7), random.below(90)),
            2 => format!(
                " {:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                random.below(1 << 32),
                random.below(1 << 16),
                random.below(1 << 12),
                random.below(1 << 12),
                random.below(1 << 48)
            ),
            3 => format!(" pedido {}", random.digits(9)),
            4 => format!(" v{}.{}.{}", random.below(9), random.below(30), random.below(200)),
            5 => format!(" {},{} EUR", random.below(900), random.digits(2)),
            6 => format!(" #{}", random.digits(6)),
            7 => format!(" sha {:016x}{:016x}", random.bits(), random.bits()),
            _ => format!(" {}/{}/20{}", 1 + random.below(28), 1 + random.below(12), random.digits(2)),
        }
    }

    fn datum(&mut self) -> String {
        self.data += 1;
        let seed = self.random.bits();
        let random = &mut self.random;
        if !self.data.is_multiple_of(3) {
            let (name, domain) = (random.of(&NAMES), random.of(&DOMAINS));
            return format!(" {name}{}@{domain}", random.below(1_000));
        }
        match random.below(12) {
            0 => format!(", mi DNI es {}", seeded::es_dni(seed)),
            1 => format!(", NIE {}", seeded::es_nie(seed)),
            2 => format!(", n° de sécurité sociale {}", seeded::fr_nir(seed)),
            3 => format!(", Steuer-ID {}", seeded::de_steuer_id(seed)),
            4 => format!(", codice fiscale {}", seeded::it_codice_fiscale(seed)),
            5 => format!(", BSN {}", seeded::nl_bsn(seed)),
            6 => format!(", PESEL {}", seeded::pl_pesel(seed)),
            7 => format!(", IBAN {}", grouped(&seeded::es_iban(seed), 4)),
            8 => format!(", tarjeta {}", grouped(&seeded::payment_card(seed), 4)),
            9 => format!(", tel. +34 6{} {} {}", random.digits(2), random.digits(3), random.digits(3)),
            10 => format!(", IP 203.0.113.{}", random.below(256)),
            _ => format!(", contraseña: Clave{}", random.digits(4)),
        }
    }
}

fn grouped(value: &str, by: usize) -> String {
    let parts: Vec<&str> =
        value.as_bytes().chunks(by).map(|chunk| std::str::from_utf8(chunk).unwrap()).collect();
    parts.join(" ")
}

fn stamp(random: &mut Seeded) -> String {
    format!(
        "20{:02}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        16 + random.below(10),
        1 + random.below(12),
        1 + random.below(28),
        random.below(24),
        random.below(60),
        random.below(60)
    )
}

fn escaped(text: &str) -> String {
    text.trim_end().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Rows of the bench set: the embedded ones and as many more of the same shapes as make `count` rows with
/// a pattern. File names and YAML texts.
pub fn rows(count: usize) -> Vec<(String, String)> {
    let shapes = [
        ("nl-bsn", "[0-9]{3}S[0-9]{3}S[0-9]{3}", "digit"),
        ("nl-bsn", "[0-9]{2}S[0-9]{4}S[0-9]{3}", "digit"),
        ("pl-pesel", "[0-9]{6}S[0-9]{5}", "digit"),
        ("pl-pesel", "[0-9]{2}S[0-9]{2}S[0-9]{2}S[0-9]{5}", "digit"),
        ("de-steuer-id", "[1-9][0-9]{3}S[0-9]{3}S[0-9]{4}", "digit"),
        ("payment-card", "[4-6][0-9]{3}S[0-9]{4}S[0-9]{4}S[0-9]{4}", "digit"),
        ("payment-card", "3[0-9]{3}S[0-9]{6}S[0-9]{5}", "digit"),
        ("fr-nir", "[12][0-9]{6}S[0-9]{6}S[0-9]{2}", "digit"),
        ("es-dni", "[0-9]{4}S[0-9]{4}[A-Z]", "digit"),
        ("es-nie", "[XYZ]S[0-9]{4}S[0-9]{3}[A-Z]", "letter"),
        ("iban", "[A-Z]{2}[0-9]{2}S[0-9]{4}S[0-9]{4}S[0-9]{4}S[0-9]{4}S[0-9]{2,4}", "letter"),
        ("it-codice-fiscale", "[A-Z]{3}[0-9]{3}S[A-Z]{2}[0-9]{4}S[0-9]{4}", "letter"),
    ];
    let separators = ["", "[ ]", "[.]", "-", "/", "[ .]?"];
    let mut out: Vec<(String, String)> = olvido::detectors::EMBEDDED
        .iter()
        .chain(olvido::detectors::LEXICONS)
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    let patterned = out.iter().filter(|(_, text)| text.contains("\npattern:")).count();
    for at in 0..count.saturating_sub(patterned) {
        let (check, shape, start) = shapes[at % shapes.len()];
        let pattern = shape.replace('S', separators[at / shapes.len() % separators.len()]);
        out.push((
            format!("bench-{at}.yaml"),
            format!(
                "schema: olvido/detector/v1\nid: bench-{at}\ntitle: bench\ncategory: es-nuss\nstart: [{start}]\n\
                 pattern: '{pattern}'\ncheck: {check}\nbase: 0.05\nshields: all\n\
                 cues: [{{languages: [en], weight: 5, words: [cue{at}, number {at}]}}]\nmask: tail\nsource: bench\n\
                 accept: [{{text: a}}, {{text: b}}]\nreject: [{{text: a}}, {{text: b}}]\n"
            ),
        ));
    }
    out
}

//! A labelled corpus: tickets in eight languages with data planted in them, and with everything that looks
//! like data and is none. From a seed; nobody in it exists.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::indexing_slicing, clippy::unwrap_used)]

use olvido::detectors::check::seeded::{self, Seeded};

/// A language of the corpus.
pub struct Language {
    pub name: &'static str,
    sentences: [&'static str; 10],
    /// How a number follows its name: `{c}` and `{v}`.
    carriers: [&'static str; 4],
    /// Words for orders, invoices and the like, with what follows them: `{n}` is a number.
    references: [&'static str; 6],
    greetings: [&'static str; 2],
    names: [(&'static str, &'static str); 6],
    phone: (&'static str, &'static str),
    password: &'static str,
    birth: &'static str,
    address: &'static str,
    card: &'static str,
    account: &'static str,
}

pub static LANGUAGES: [Language; 8] = [
    Language {
        name: "es",
        sentences: [
            "No consigo entrar en mi cuenta desde ayer por la tarde",
            "El equipo ha revisado la incidencia y la ha vuelto a abrir",
            "Les agradezco la ayuda con la configuración del correo",
            "La factura llegó con un importe que no corresponde al servicio",
            "He probado a reiniciar el router y sigue sin haber conexión",
            "La impresora de la tercera planta no responde a las órdenes",
            "Quedo a la espera de su respuesta, muchas gracias",
            "El virus que encontró el antivirus ya está en cuarentena",
            "El proceso hijo se quedó huérfano y el servidor murió",
            "Adjunto una captura de la pantalla con el mensaje de error",
        ],
        carriers: ["mi {c} es {v}", "{c}: {v}", "con {c} {v} desde 2019", "{c} n.º {v}"],
        references: [
            "pedido {n}",
            "número de pedido: {n}",
            "factura {n}",
            "su referencia es {n}",
            "incidencia {n}",
            "seguimiento {n}",
        ],
        greetings: ["Hola {f},", "Estimada Sra. {l}:"],
        names: [
            ("Marta", "Ficticia"),
            ("Luis", "Imaginario"),
            ("Lucía", "Inventada"),
            ("Javier", "Supuesto"),
            ("Carmen", "Prueba"),
            ("Álvaro", "Muestra"),
        ],
        phone: ("mi móvil es {v}", "+34 6{d2} {d3} {d3}"),
        password: "mi contraseña es {v}",
        birth: "nacida el {v}",
        address: "Calle Inventada {n}, 28013 Madrid",
        card: "tarjeta {v}",
        account: "mi IBAN es {v}",
    },
    Language {
        name: "fr",
        sentences: [
            "Je n'arrive plus à me connecter à mon espace depuis hier soir",
            "Le dossier a été transmis au service compétent pour examen",
            "Merci de bien vouloir vérifier l'état de la commande",
            "L'écran reste noir après la mise à jour du système",
            "La livraison n'est toujours pas arrivée à l'adresse prévue",
            "Nous avons constaté une coupure du réseau ce matin",
            "Je reste à votre disposition pour toute précision utile",
            "Le virus a été mis en quarantaine par le logiciel",
            "Le processus enfant est resté orphelin et le serveur est mort",
            "Vous trouverez en pièce jointe une copie de l'erreur",
        ],
        carriers: ["mon {c} est {v}", "{c} : {v}", "avec le {c} {v} depuis 2019", "{c} n° {v}"],
        references: [
            "commande {n}",
            "numéro de commande : {n}",
            "facture {n}",
            "votre référence est {n}",
            "dossier {n}",
            "suivi {n}",
        ],
        greetings: ["Bonjour {f},", "Chère Madame {l},"],
        names: [
            ("Claire", "Fictive"),
            ("Hugo", "Modèle"),
            ("Élodie", "Exemple"),
            ("Julien", "Imaginé"),
            ("Camille", "Inventé"),
            ("Antoine", "Supposé"),
        ],
        phone: ("mon portable est le {v}", "+33 6 {d2} {d2} {d2} {d2}"),
        password: "mot de passe : {v}",
        birth: "née le {v}",
        address: "{n} rue Imaginaire, 75002 Paris",
        card: "carte bancaire {v}",
        account: "mon IBAN est {v}",
    },
    Language {
        name: "de",
        sentences: [
            "Seit gestern kann ich mich nicht mehr am Portal anmelden",
            "Die Rechnung wurde doppelt abgebucht, bitte prüfen Sie das",
            "Nach dem Neustart funktioniert der Drucker wieder einwandfrei",
            "Das Gerät schaltet sich nach wenigen Minuten von selbst aus",
            "Vielen Dank für die schnelle Bearbeitung meiner Anfrage",
            "Der Zugang zum freigegebenen Ordner wird verweigert",
            "Wir haben die Einstellungen überprüft und nichts gefunden",
            "Der Virus wurde vom Programm in Quarantäne verschoben",
            "Der Kindprozess ist verwaist und der Server ist tot",
            "Im Anhang finden Sie ein Bild der Fehlermeldung",
        ],
        carriers: ["meine {c} ist {v}", "{c}: {v}", "mit {c} {v} seit 2019", "{c} Nr. {v}"],
        references: [
            "Bestellung {n}",
            "Bestellnummer: {n}",
            "Rechnung {n}",
            "Ihre Referenz lautet {n}",
            "Vorgang {n}",
            "Sendungsnummer {n}",
        ],
        greetings: ["Liebe {f},", "Sehr geehrte Frau {l},"],
        names: [
            ("Heike", "Muster"),
            ("Jens", "Beispiel"),
            ("Ursula", "Erfunden"),
            ("Dieter", "Probemann"),
            ("Sabine", "Vorlage"),
            ("Jürgen", "Musterfrau"),
        ],
        phone: ("meine Handynummer ist {v}", "+49 151 {d4}{d4}"),
        password: "das Passwort lautet {v}",
        birth: "geboren am {v}",
        address: "Musterstraße {n}, 10115 Berlin",
        card: "Kreditkarte {v}",
        account: "meine IBAN ist {v}",
    },
    Language {
        name: "en",
        sentences: [
            "The application closes as soon as the report is opened",
            "Could you please let me know when the refund will arrive",
            "I have tried clearing the cache and it did not help",
            "The invitation link has expired and a new one is needed",
            "Our office network was down for most of the morning",
            "Thanks for looking into this so quickly, much appreciated",
            "The export contains empty columns for the last quarter",
            "The virus was moved to quarantine by the scanner",
            "The orphaned child process was killed and the server is dead",
            "Please escalate this to the second line of support",
        ],
        carriers: ["my {c} is {v}", "{c}: {v}", "with {c} {v} since 2019", "{c} no. {v}"],
        references: [
            "order {n}",
            "order number: {n}",
            "invoice {n}",
            "your reference is {n}",
            "case {n}",
            "tracking number {n}",
        ],
        greetings: ["Dear {f},", "Dear Ms {l},"],
        names: [
            ("Sam", "Sample"),
            ("Kim", "Madeup"),
            ("Heather", "Fictional"),
            ("George", "Pretend"),
            ("Olivia", "Invented"),
            ("Harry", "Specimen"),
        ],
        phone: ("my mobile is {v}", "+44 7700 9{d2}{d3}"),
        password: "my password is {v}",
        birth: "born on {v}",
        address: "{n} Invented Street, London SW1A 2AA",
        card: "credit card {v}",
        account: "my IBAN is {v}",
    },
    Language {
        name: "it",
        sentences: [
            "Da ieri non riesco più ad accedere al mio profilo",
            "La fattura riporta un importe che non corrisponde al servizio",
            "Ho provato a riavviare il dispositivo ma non cambia nulla",
            "Vi ringrazio per la risposta rapida alla mia richiesta",
            "La stampante del secondo piano non risponde ai comandi",
            "Il collegamento di invito è scaduto e ne serve uno nuovo",
            "Resto in attesa di un vostro cortese riscontro",
            "Il virus è stato messo in quarantena dal programma",
            "Il processo figlio è rimasto orfano e il server è morto",
            "In allegato trovate una schermata del messaggio di errore",
        ],
        carriers: ["il mio {c} è {v}", "{c}: {v}", "con {c} {v} dal 2019", "{c} n. {v}"],
        references: [
            "ordine {n}",
            "numero ordine: {n}",
            "fattura {n}",
            "il vostro riferimento è {n}",
            "pratica {n}",
            "spedizione {n}",
        ],
        greetings: ["Ciao {f},", "Gentile Sig.ra {l},"],
        names: [
            ("Chiara", "Fittizia"),
            ("Marco", "Esempio"),
            ("Giulia", "Inventata"),
            ("Paolo", "Campione"),
            ("Francesca", "Provetti"),
            ("Matteo", "Ipotesi"),
        ],
        phone: ("il mio cellulare è {v}", "+39 347 {d3} {d4}"),
        password: "la password è {v}",
        birth: "nata il {v}",
        address: "Via Inventata {n}, 00184 Roma",
        card: "carta di credito {v}",
        account: "il mio IBAN è {v}",
    },
    Language {
        name: "nl",
        sentences: [
            "Sinds gisteren kan ik niet meer inloggen op het portaal",
            "De factuur klopt niet met de dienst die wij afnemen",
            "Na het herstarten werkt de printer weer zoals het hoort",
            "Bedankt voor het snelle antwoord op mijn vraag",
            "De toegang tot de gedeelde map wordt geweigerd",
            "De link in de uitnodiging is verlopen",
            "Wij hebben de instellingen bekeken en niets gevonden",
            "Het virus is door de scanner in quarantaine geplaatst",
            "Het kindproces is verweesd en de server is dood",
            "In de bijlage vindt u een afbeelding van de fout",
        ],
        carriers: ["mijn {c} is {v}", "{c}: {v}", "met {c} {v} sinds 2019", "{c} nr. {v}"],
        references: [
            "bestelling {n}",
            "bestelnummer: {n}",
            "factuur {n}",
            "uw referentie is {n}",
            "ordernummer {n}",
            "zending {n}",
        ],
        greetings: ["Beste {f},", "Geachte mevrouw {l},"],
        names: [
            ("Sanne", "Voorbeeld"),
            ("Daan", "Verzonnen"),
            ("Lotte", "Fictief"),
            ("Bram", "Proefman"),
            ("Femke", "Bedacht"),
            ("Thijs", "Monster"),
        ],
        phone: ("mijn mobiele nummer is {v}", "+31 6 {d4}{d4}"),
        password: "het wachtwoord is {v}",
        birth: "geboren op {v}",
        address: "Verzonnenstraat {n}, 1017 GA Amsterdam",
        card: "creditcard {v}",
        account: "mijn IBAN is {v}",
    },
    Language {
        name: "pt",
        sentences: [
            "Desde ontem não consigo entrar na minha conta",
            "A fatura chegou com um valor que não corresponde ao serviço",
            "Já reiniciei o equipamento e continua sem ligação",
            "Agradeço a ajuda com a configuração do correio",
            "A impressora do segundo andar não responde",
            "O convite expirou e é preciso um novo",
            "Fico a aguardar a vossa resposta",
            "O vírus foi colocado em quarentena pelo programa",
            "O processo filho ficou órfão e o servidor morreu",
            "Em anexo segue uma imagem da mensagem de erro",
        ],
        carriers: ["o meu {c} é {v}", "{c}: {v}", "com o {c} {v} desde 2019", "{c} n.º {v}"],
        references: [
            "encomenda {n}",
            "número da encomenda: {n}",
            "fatura {n}",
            "a sua referência é {n}",
            "pedido {n}",
            "rastreio {n}",
        ],
        greetings: ["Olá {f},", "Cara Sra. {l},"],
        names: [
            ("Inês", "Fictícia"),
            ("Rui", "Imaginário"),
            ("Beatriz", "Inventada"),
            ("Tiago", "Suposto"),
            ("Mariana", "Exemplo"),
            ("João", "Amostra"),
        ],
        phone: ("o meu telemóvel é {v}", "+351 91{d} {d3} {d3}"),
        password: "a minha senha é {v}",
        birth: "nascida a {v}",
        address: "Rua Inventada {n}, 1100-053 Lisboa",
        card: "cartão de crédito {v}",
        account: "o meu IBAN é {v}",
    },
    Language {
        name: "pl",
        sentences: [
            "Od wczoraj nie mogę zalogować się do portalu",
            "Faktura nie zgadza się z zamówioną usługą",
            "Po ponownym uruchomieniu drukarka działa poprawnie",
            "Dziękuję za szybką odpowiedź na moje pytanie",
            "Dostęp do udostępnionego folderu jest zablokowany",
            "Link w zaproszeniu wygasł i potrzebny jest nowy",
            "Sprawdziliśmy ustawienia i nic nie znaleźliśmy",
            "Wirus został przeniesiony do kwarantanny przez program",
            "Proces potomny został osierocony i serwer nie działa",
            "W załączniku znajduje się obraz komunikatu o błędzie",
        ],
        carriers: ["mój {c} to {v}", "{c}: {v}", "z {c} {v} od 2019", "{c} nr {v}"],
        references: [
            "zamówienie {n}",
            "numer zamówienia: {n}",
            "faktura {n}",
            "sprawa {n}",
            "przesyłka {n}",
            "wersja {n}",
        ],
        greetings: ["Cześć {f},", "Szanowna Pani {l},"],
        names: [
            ("Zofia", "Zmyślona"),
            ("Piotr", "Przykładowy"),
            ("Agnieszka", "Wymyślona"),
            ("Marek", "Próbny"),
            ("Katarzyna", "Fikcyjna"),
            ("Tomasz", "Wzorcowy"),
        ],
        phone: ("mój numer telefonu to {v}", "+48 6{d2} {d3} {d3}"),
        password: "moje hasło to {v}",
        birth: "urodzona {v}",
        address: "ul. Zmyślona {n}, 00-238 Warszawa",
        card: "karta kredytowa {v}",
        account: "mój IBAN to {v}",
    },
];

/// One datum that was planted.
#[derive(Clone, Debug)]
pub struct Planted {
    pub start: usize,
    pub end: usize,
    pub category: &'static str,
}

/// One ticket.
pub struct Ticket {
    pub text: String,
    pub language: &'static str,
    pub planted: Vec<Planted>,
}

/// So many tickets of each language.
pub fn tickets(seed: u64, each: usize) -> Vec<Ticket> {
    let mut out = Vec::new();
    for language in &LANGUAGES {
        for at in 0..each {
            let seed = seed ^ (at as u64) << 8 ^ u64::from(language.name.as_bytes()[0]) << 40;
            out.push(
                Writer { random: Seeded::new(seed), language, text: String::new(), planted: Vec::new() }
                    .ticket(),
            );
        }
    }
    out
}

struct Writer {
    random: Seeded,
    language: &'static Language,
    text: String,
    planted: Vec<Planted>,
}

impl Writer {
    fn ticket(mut self) -> Ticket {
        let (first, last) = self.language.names[self.random.below(6) as usize];
        if self.random.below(2) == 0 {
            let greeting = self.language.greetings[self.random.below(2) as usize];
            let (mark, name) = if greeting.contains("{f}") { ("{f}", first) } else { ("{l}", last) };
            self.fill(greeting, mark, name, "person-name");
            self.text.push_str("\n\n");
        }
        for _ in 0..3 + self.random.below(4) {
            self.sentence();
            match self.random.below(4) {
                0 | 1 => self.datum(),
                2 => self.look_alike(),
                _ => {}
            }
            let end = self.random.of(&[". ", ".\n", "\n\n"]);
            self.text.push_str(end);
        }
        Ticket { text: self.text, language: self.language.name, planted: self.planted }
    }

    fn sentence(&mut self) {
        let at = self.random.below(10) as usize;
        self.text.push_str(self.language.sentences[at]);
    }

    /// Writes a text with the datum in the place of its mark.
    fn fill(&mut self, carrier: &str, mark: &str, value: &str, category: &'static str) {
        let at = carrier.find(mark).unwrap();
        let start = self.text.len() + at;
        self.text.push_str(&carrier.replacen(mark, value, 1));
        self.planted.push(Planted { start, end: start + value.len(), category });
    }

    fn datum(&mut self) {
        self.text.push_str(", ");
        let language = self.language;
        let seed = self.random.bits();
        match self.random.below(10) {
            0 => {
                let (first, last) = language.names[self.random.below(6) as usize];
                let host = self.random.of(&["example.com", "correo.example", "post.test"]);
                let address = format!("{first}.{last}{}@{host}", self.random.below(100)).to_lowercase();
                let plain: String = address.chars().filter(char::is_ascii).collect();
                self.fill("{v}", "{v}", &plain, "email-address");
            }
            1 => {
                let number = digits(language.phone.1, &mut self.random);
                self.fill(language.phone.0, "{v}", &number, "phone-number");
            }
            2 => {
                let value = format!("Clave{}!x", self.random.digits(4));
                self.fill(language.password, "{v}", &value, "secret");
            }
            3 => {
                let (day, month, year) =
                    (1 + self.random.below(28), 1 + self.random.below(12), 1940 + self.random.below(60));
                self.fill(language.birth, "{v}", &format!("{day:02}.{month:02}.{year}"), "date-of-birth");
            }
            4 => {
                let number = (1 + self.random.below(180)).to_string();
                let address = language.address.replace("{n}", &number);
                self.fill("{v}", "{v}", &address, "postal-address");
            }
            5 => {
                let value = grouped(&seeded::payment_card(seed));
                self.fill(language.card, "{v}", &value, "payment-card");
            }
            6 => {
                let value = grouped(&seeded::iban(seed));
                self.fill(language.account, "{v}", &value, "iban");
            }
            _ => self.number(seed),
        }
    }

    /// A number of any country with the words people write before it, in whatever language the ticket is.
    fn number(&mut self, seed: u64) {
        let all: Vec<&seeded::Generator> = seeded::generators().collect();
        let generator = all[self.random.below(all.len() as u64) as usize];
        let value = (generator.make)(seed);
        let carrier = self.language.carriers[self.random.below(4) as usize].replacen("{c}", generator.cue, 1);
        self.fill(&carrier, "{v}", &value, generator.category);
    }

    /// What looks like a datum and is none.
    fn look_alike(&mut self) {
        self.text.push_str(" (");
        let random = &mut self.random;
        let text = match random.below(12) {
            0..=3 => {
                let length = 6 + random.below(7) as usize;
                let number = random.digits(length);
                let reference = self.language.references[random.below(6) as usize];
                reference.replace("{n}", &number)
            }
            4 => format!(
                "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
                random.below(1 << 32),
                random.below(1 << 16),
                random.below(1 << 12),
                random.below(1 << 12),
                random.below(1 << 48)
            ),
            5 => format!("error 0x{:08X}", random.below(1 << 32)),
            6 => format!(
                "2024-{:02}-{:02}T{:02}:{:02}:{:02}.{}Z",
                1 + random.below(12),
                1 + random.below(28),
                random.below(24),
                random.below(60),
                random.below(60),
                random.digits(3)
            ),
            7 => format!("INV-2024-{}", random.digits(6)),
            8 => format!("SN {}-{}-{}", random.digits(4), random.digits(4), random.digits(4)),
            9 => format!(
                "[{}.{}] kernel: usb {}-{}: device {} failed",
                random.digits(5),
                random.digits(6),
                random.below(9),
                random.below(9),
                random.digits(10)
            ),
            10 => format!(
                "v{}.{}.{}.{}",
                random.below(20),
                random.below(30),
                random.below(99),
                random.below(9999)
            ),
            _ => format!("https://acme.example/orders/{}?session={:016x}", random.digits(10), random.bits()),
        };
        self.text.push_str(&text);
        self.text.push(')');
    }
}

fn digits(shape: &str, random: &mut Seeded) -> String {
    let mut out = shape.to_owned();
    for (mark, count) in [("{d2}", 2), ("{d3}", 3), ("{d4}", 4), ("{d}", 1)] {
        while out.contains(mark) {
            out = out.replacen(mark, &random.digits(count), 1);
        }
    }
    out
}

fn grouped(value: &str) -> String {
    let parts: Vec<&str> =
        value.as_bytes().chunks(4).map(|chunk| std::str::from_utf8(chunk).unwrap()).collect();
    parts.join(" ")
}

//! The answered checklist holds every line of the five checklists the program began with: the summary of 29
//! points of the first (in Spanish, and as its French twin has it), and the headings of the others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails loudly"
)]

mod support;

use support::{folder, run};

/// Where each list stands in the checklist, and the words that tell its lines, in its own order.
struct Seed {
    language: &'static str,
    part: usize,
    words: &'static [&'static str],
}

const SIX: [Seed; 2] = [
    Seed {
        language: "es",
        part: 0,
        words: &[
            "contraseñas",
            "cifran",
            "controles de acceso",
            "brechas",
            "conservan y suprimen",
            "formado",
        ],
    },
    Seed {
        language: "fr",
        part: 0,
        words: &["mots de passe", "chiffrées", "contrôles d'accès", "violations", "effacement", "formé"],
    },
];

/// The summary of the audit list: 29 points, in Spanish and in French.
const POINTS: [Seed; 2] = [
    Seed {
        language: "es",
        part: 1,
        words: &[
            "auditorías anteriores",
            "información financiera",
            "lista al día de aparatos y programas",
            "organización de ti",
            "personal de ti",
            "resolución",
            "sistema de tickets",
            "configuración",
            "adaptados",
            "idiomas",
            "automatización",
            "reglas",
            "conexiones",
            "nivel de servicio",
            "aplicación móvil",
            "base de conocimientos",
            "encuestas",
            "informe de satisfacción",
            "métricas",
            "comunicación interna",
            "incidentes",
            "materiales",
            "copias",
            "rgpd",
            "contraseñas, cifrado",
            "poco tiempo",
            "llamadas",
            "empleados",
            "procedimientos",
        ],
    },
    Seed {
        language: "fr",
        part: 1,
        words: &[
            "audits précédents",
            "financières",
            "appareils et logiciels",
            "organisation informatique",
            "personnel",
            "résolution",
            "système de tickets",
            "configuration",
            "adaptés",
            "langues",
            "automatisation",
            "règles",
            "connexions",
            "niveaux de service",
            "application mobile",
            "base de connaissances",
            "satisfaction",
            "rapport de satisfaction",
            "indicateurs",
            "communication interne",
            "incidents",
            "supports",
            "sauvegardes",
            "registre, contrats, droits",
            "chiffrement",
            "démarrer",
            "appels",
            "employés",
            "procédures",
        ],
    },
];

/// The technical guide: its steps, good practice, security, common errors and questions.
const GUIDE: Seed = Seed {
    language: "es",
    part: 2,
    words: &[
        "necesidades",
        "herramientas",
        "base de conocimientos central",
        "canal de correo",
        "imagen",
        "formado el personal",
        "métricas",
        "encuestas",
        "sistemas de clientes",
        "respuestas automáticas y macros",
        "perfiles",
        "revisiones regulares",
        "documentación",
        "segundo factor",
        "función",
        "copias",
        "asignan los tickets",
        "espera",
        "exactos e íntegros",
        "primer contacto",
        "picos",
        "flujos de trabajo",
        "departamentos",
        "cada mes",
        "personal nuevo",
        "fabricante",
    ],
};

/// The checklist of the service: its steps from goals to improvement, and what a helpdesk stores.
const SERVICE: Seed = Seed {
    language: "es",
    part: 3,
    words: &[
        "objetivos",
        "software",
        "equipos",
        "horario",
        "usuarios y canales",
        "canales en el registro",
        "foros y redes sociales",
        "chats y llamadas",
        "formularios",
        "proceso para las solicitudes",
        "plantillas",
        "estado de su solicitud",
        "quién ve qué",
        "acuerdos de servicio",
        "historial",
        "confluyen",
        "otras aplicaciones",
        "filtros",
        "reglas automáticas",
        "base interna",
        "formación al menos anual",
        "valoraciones",
        "datos ficticios",
        "se corrige",
        "qué datos guarda",
    ],
};

/// The page on aims and structure: structure, management, strategies, outsourcing, sectors.
const STRUCTURE: Seed = Seed {
    language: "es",
    part: 4,
    words: &[
        "mantenimiento remoto",
        "punto de contacto",
        "primer, segundo y tercer nivel",
        "portal",
        "base pública",
        "solución",
        "prioridades",
        "clientes la información",
        "competencia necesaria",
        "embajadores",
        "escal",
        "tiempo y el personal",
        "vías de contacto",
        "incidentes",
        "solicitudes anteriores",
        "quien tiene la competencia",
        "respuesta",
        "opinión",
        "soporte externo",
        "en casa",
        "sector",
    ],
};

/// What the French list adds to its Spanish twin: how often, the copy of the data, credentials by mail.
const AUDIT: Seed =
    Seed { language: "fr", part: 5, words: &["chaque trimestre", "copie faite pour l'audit", "identifiant"] };

/// The questions of each part of the answered checklist, as it is printed.
fn answered(language: &str) -> Vec<Vec<String>> {
    let home = folder();
    std::fs::write(home.path().join("note.txt"), "Nothing is said here.").unwrap();
    let args =
        ["scan", "note.txt", "--checklist", "helpdesk-audit", "--lang", language, "--as-of", "2026-11-22"];
    let printed = run(home.path(), &args).stdout;
    let words = match language {
        "es" => ["sí  ", "no  ", "no se puede acreditar  "],
        "fr" => ["oui  ", "non  ", "non démontré  "],
        other => panic!("{other}"),
    };
    let mut parts: Vec<Vec<String>> = Vec::new();
    for (before, row) in printed.lines().zip(printed.lines().skip(1)) {
        if before.is_empty() && !row.starts_with(' ') {
            parts.push(Vec::new());
        }
        let answer = words.iter().find_map(|word| row.strip_prefix("  ")?.strip_prefix(word));
        if let (Some(question), Some(part)) = (answer, parts.last_mut()) {
            part.push(question.trim().to_lowercase());
        }
    }
    // The report above the checklist has no answers.
    parts.retain(|part| !part.is_empty());
    parts
}

/// Every line of a list has its line in the part, one after the other; gives how many lines the part has.
fn holds(seed: &Seed, parts: &[Vec<String>]) -> usize {
    let part = &parts[seed.part];
    let mut at = 0;
    for word in seed.words {
        let found = part[at..].iter().position(|question| question.contains(word));
        at += 1 + found.unwrap_or_else(|| panic!("no line on `{word}` in its place: {:#?}", &part[at..]));
    }
    part.len()
}

#[test]
fn the_six_questions_come_first_and_the_29_points_follow_in_order() {
    for (six, points) in SIX.iter().zip(&POINTS) {
        let parts = answered(six.language);
        assert_eq!(holds(six, &parts), 6);
        assert_eq!(points.words.len(), 29);
        assert_eq!(holds(points, &parts), 29, "as many lines as the list itself counts");
    }
}

#[test]
fn every_heading_of_the_other_lists_is_answered() {
    let parts = answered("es");
    assert_eq!(parts.len(), 6);
    for seed in [&GUIDE, &SERVICE, &STRUCTURE] {
        assert!(holds(seed, &parts) >= seed.words.len());
    }
    assert_eq!(holds(&AUDIT, &answered("fr")), 3);
}

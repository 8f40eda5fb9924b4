//! The words of certificates in each language.

/// Assumptions under which a certificate holds, by code: [`Words::limit_lines`] says them.
const LIMITS: [&str; 4] = ["undetected-stays", "cipher-holds", "holders-honest", "plaintext-elsewhere"];

/// The codes of the assumptions.
pub(super) fn limits() -> Vec<&'static str> {
    LIMITS.to_vec()
}

/// What a certificate says in one language.
pub struct Words {
    /// Its code.
    pub code: &'static str,
    pub(super) title: &'static str,
    pub(super) number: &'static str,
    pub(super) state: &'static str,
    pub(super) is_final: &'static str,
    pub(super) is_pending: &'static str,
    pub(super) controller: &'static str,
    pub(super) reference: &'static str,
    pub(super) ground: &'static str,
    pub(super) despite_minima: &'static str,
    pub(super) requester: &'static str,
    pub(super) executor: &'static str,
    pub(super) destroyed_at: &'static str,
    pub(super) effective_at: &'static str,
    pub(super) level: &'static str,
    pub(super) objects: &'static str,
    pub(super) epoch: &'static str,
    pub(super) keys: &'static str,
    pub(super) approvals: &'static str,
    pub(super) holders: &'static str,
    pub(super) destroyed: &'static str,
    pub(super) refused: &'static str,
    pub(super) not_reached: &'static str,
    pub(super) until: &'static str,
    pub(super) limits: &'static str,
    pub(super) recall: &'static str,
    pub(super) not_measured: &'static str,
    pub(super) proof: &'static str,
    levels: [&'static str; 3],
    kinds: [&'static str; 5],
    copies: &'static [(&'static str, &'static str)],
    pub(super) limit_lines: [&'static str; 4],
}

impl Words {
    /// The words of a language.
    pub fn of(code: &str) -> Option<&'static Words> {
        ALL.iter().find(|words| words.code == code)
    }

    pub(super) fn assurance(&self, level: &str) -> &'static str {
        let [a, b, c] = self.levels;
        match level {
            "A" => a,
            "B" => b,
            _ => c,
        }
    }

    pub(super) fn kind(&self, kind: &str) -> &'static str {
        let [subject, record, alias, mention, mark] = self.kinds;
        match kind {
            "subject" => subject,
            "record" => record,
            "alias" => alias,
            "mention" => mention,
            _ => mark,
        }
    }

    pub(super) fn copy(&self, code: &str) -> String {
        let plain = code.replace('\\', "");
        let known = self.copies.iter().find(|(known, _)| *known == plain);
        known.map_or_else(|| code.to_owned(), |(_, words)| (*words).to_owned())
    }
}

static ALL: [Words; 4] = [
    Words {
        code: "en",
        title: "Certificate of erasure",
        number: "Certificate",
        state: "State",
        is_final: "final",
        is_pending: "pending: copies out of reach still have a date",
        controller: "Controller",
        reference: "Reference",
        ground: "Legal ground",
        despite_minima: "Despite the legal minimum",
        requester: "Requested by",
        executor: "Carried out by",
        destroyed_at: "Keys destroyed at",
        effective_at: "Effective at",
        level: "Assurance",
        objects: "Sealed objects made unreadable",
        epoch: "Epoch",
        keys: "Keys destroyed",
        approvals: "Approvals",
        holders: "Holders of the epoch key",
        destroyed: "reported the old key destroyed",
        refused: "refused to unwrap with it",
        not_reached: "Not reached",
        until: "until",
        limits: "Limits",
        recall: "Recall of the detectors, measured on made-up tickets of the program’s own, in which a word beside each datum says what it is, not on this archive: without such a word less is found",
        not_measured: "not measured",
        proof: "How to check this",
        levels: [
            "an outside holder reported destruction, and unwrapping was tried and refused",
            "the key lay on another declared medium and was overwritten there; no copy is known",
            "the key lay in a file or behind a passphrase: copies of it cannot be ruled out",
        ],
        kinds: ["people", "records", "further identifiers", "mentions", "marks of holds and plans"],
        copies: &[
            ("live-system", "the live system the export came from"),
            ("originals", "the originals of what was sealed, left to a purge of their own"),
            ("originals-moved", "originals that are no longer where they were: purged, or moved"),
            ("unsealed", "files that were unsealed before"),
            ("earlier-exports", "exports, downloads and reports made before sealing"),
            (
                "snapshots",
                "snapshots, swap and remapped blocks that held the plain text before it was sealed",
            ),
            ("undetected", "what detection did not find, in sealed records that are kept"),
            ("mentions", "sealed records that name the person inside a container and are kept"),
            ("hard-links", "further hard links to files of the vault"),
            (
                "git-tree",
                "the version control the vault lies in: it keeps old ciphertext, which no key opens",
            ),
            ("synced-folder", "the synchronised folder the vault lies in"),
            ("copy-on-write", "old blocks of a copy-on-write file system"),
            ("network-share", "copies kept by the server of a network share"),
            ("surroundings-unknown", "what keeps copies around the vault: the system did not say"),
        ],
        limit_lines: [
            "What detection did not find stays readable in sealed records that are kept.",
            "AES-256-GCM and HKDF-SHA-256 are assumed to hold; access was made infeasible, the ciphertext may still exist.",
            "Each holder named here is believed when it says that its key is destroyed.",
            "Copies of the plain text outside the vault are not reached by destroying keys.",
        ],
    },
    Words {
        code: "es",
        title: "Certificado de supresión",
        number: "Certificado",
        state: "Estado",
        is_final: "definitivo",
        is_pending: "pendiente: hay copias fuera de alcance con fecha",
        controller: "Responsable del tratamiento",
        reference: "Referencia",
        ground: "Base jurídica",
        despite_minima: "A pesar del plazo mínimo legal",
        requester: "Solicitado por",
        executor: "Ejecutado por",
        destroyed_at: "Claves destruidas el",
        effective_at: "Con efecto desde",
        level: "Garantía",
        objects: "Objetos sellados que ya no pueden leerse",
        epoch: "Época",
        keys: "Claves destruidas",
        approvals: "Aprobaciones",
        holders: "Depositarios de la clave de época",
        destroyed: "comunicó la destrucción de la clave anterior",
        refused: "se negó a descifrar con ella",
        not_reached: "Fuera de alcance",
        until: "hasta",
        limits: "Límites",
        recall: "Exhaustividad de los detectores, medida con tiques inventados del propio programa, en los que una palabra junto a cada dato dice qué es, no con este archivo: sin esa palabra se encuentra menos",
        not_measured: "no medida",
        proof: "Cómo comprobarlo",
        levels: [
            "un depositario externo comunicó la destrucción; se intentó descifrar y lo rechazó",
            "la clave estaba en otro soporte declarado y se sobrescribió; no se conocen copias",
            "la clave estaba en un fichero o tras una contraseña: no pueden descartarse copias",
        ],
        kinds: [
            "personas",
            "registros",
            "otros identificadores",
            "menciones",
            "marcas de suspensiones y planes",
        ],
        copies: &[
            ("live-system", "el sistema en producción del que procede la exportación"),
            ("originals", "los originales de lo sellado, que se purgan aparte"),
            ("originals-moved", "originales que ya no están donde estaban: purgados o movidos"),
            ("unsealed", "ficheros extraídos antes de la cámara"),
            ("earlier-exports", "exportaciones, descargas e informes anteriores al sellado"),
            (
                "snapshots",
                "instantáneas, memoria de intercambio y bloques reasignados con el texto en claro anterior",
            ),
            ("undetected", "lo que la detección no encontró, en registros sellados que se conservan"),
            (
                "mentions",
                "registros sellados que nombran a la persona dentro de un contenedor y se conservan",
            ),
            ("hard-links", "otros enlaces físicos a ficheros de la cámara"),
            (
                "git-tree",
                "el control de versiones que contiene la cámara: guarda cifrados antiguos que ninguna clave abre",
            ),
            ("synced-folder", "la carpeta sincronizada en la que está la cámara"),
            ("copy-on-write", "bloques antiguos de un sistema de ficheros con copia al escribir"),
            ("network-share", "copias del servidor de una unidad de red"),
            ("surroundings-unknown", "lo que guarda copias alrededor de la cámara: el sistema no lo dijo"),
        ],
        limit_lines: [
            "Lo que la detección no encontró sigue legible en los registros sellados que se conservan.",
            "Se supone que AES-256-GCM y HKDF-SHA-256 resisten; el acceso es inviable, el texto cifrado puede seguir existiendo.",
            "Se da crédito a cada depositario cuando comunica que su clave está destruida.",
            "Las copias en claro fuera de la cámara no se alcanzan destruyendo claves.",
        ],
    },
    Words {
        code: "fr",
        title: "Certificat d’effacement",
        number: "Certificat",
        state: "État",
        is_final: "définitif",
        is_pending: "en attente : des copies hors de portée ont encore une échéance",
        controller: "Responsable du traitement",
        reference: "Référence",
        ground: "Base légale",
        despite_minima: "Malgré la durée minimale légale",
        requester: "Demandé par",
        executor: "Exécuté par",
        destroyed_at: "Clés détruites le",
        effective_at: "Effectif depuis",
        level: "Assurance",
        objects: "Objets scellés devenus illisibles",
        epoch: "Époque",
        keys: "Clés détruites",
        approvals: "Approbations",
        holders: "Dépositaires de la clé d’époque",
        destroyed: "a déclaré l’ancienne clé détruite",
        refused: "a refusé de déchiffrer avec elle",
        not_reached: "Hors de portée",
        until: "jusqu’au",
        limits: "Limites",
        recall: "Rappel des détecteurs, mesuré sur des tickets inventés du programme, où un mot près de chaque donnée dit ce qu’elle est, et non sur cette archive : sans ce mot, moins est trouvé",
        not_measured: "non mesuré",
        proof: "Comment vérifier",
        levels: [
            "un dépositaire externe a déclaré la destruction ; un déchiffrement a été tenté et refusé",
            "la clé se trouvait sur un autre support déclaré et y a été écrasée ; aucune copie connue",
            "la clé se trouvait dans un fichier ou derrière un mot de passe : des copies ne sont pas exclues",
        ],
        kinds: [
            "personnes",
            "enregistrements",
            "autres identifiants",
            "mentions",
            "marques de suspensions et de plans",
        ],
        copies: &[
            ("live-system", "le système en production d’où vient l’export"),
            ("originals", "les originaux de ce qui a été scellé, purgés séparément"),
            ("originals-moved", "originaux qui ne sont plus où ils étaient : purgés ou déplacés"),
            ("unsealed", "fichiers extraits du coffre auparavant"),
            ("earlier-exports", "exports, téléchargements et rapports antérieurs au scellement"),
            (
                "snapshots",
                "instantanés, mémoire d’échange et blocs réaffectés contenant l’ancien texte en clair",
            ),
            ("undetected", "ce que la détection n’a pas trouvé, dans des enregistrements scellés conservés"),
            (
                "mentions",
                "enregistrements scellés qui nomment la personne dans un conteneur et sont conservés",
            ),
            ("hard-links", "autres liens physiques vers des fichiers du coffre"),
            (
                "git-tree",
                "la gestion de versions où se trouve le coffre : elle garde d’anciens chiffrés qu’aucune clé n’ouvre",
            ),
            ("synced-folder", "le dossier synchronisé où se trouve le coffre"),
            ("copy-on-write", "anciens blocs d’un système de fichiers à copie sur écriture"),
            ("network-share", "copies du serveur d’un partage réseau"),
            ("surroundings-unknown", "ce qui garde des copies autour du coffre : le système ne l’a pas dit"),
        ],
        limit_lines: [
            "Ce que la détection n’a pas trouvé reste lisible dans les enregistrements scellés conservés.",
            "AES-256-GCM et HKDF-SHA-256 sont supposés sûrs ; l’accès est rendu infaisable, le texte chiffré peut subsister.",
            "Chaque dépositaire est cru lorsqu’il déclare sa clé détruite.",
            "Les copies en clair hors du coffre ne sont pas atteintes par la destruction des clés.",
        ],
    },
    Words {
        code: "de",
        title: "Löschbescheinigung",
        number: "Bescheinigung",
        state: "Stand",
        is_final: "endgültig",
        is_pending: "vorläufig: unerreichte Kopien haben noch eine Frist",
        controller: "Verantwortlicher",
        reference: "Zeichen",
        ground: "Rechtsgrundlage",
        despite_minima: "Trotz gesetzlicher Mindestfrist",
        requester: "Beantragt von",
        executor: "Ausgeführt von",
        destroyed_at: "Schlüssel vernichtet am",
        effective_at: "Wirksam seit",
        level: "Gewähr",
        objects: "Unlesbar gewordene versiegelte Objekte",
        epoch: "Epoche",
        keys: "Vernichtete Schlüssel",
        approvals: "Freigaben",
        holders: "Verwahrer des Epochenschlüssels",
        destroyed: "meldete den alten Schlüssel als vernichtet",
        refused: "verweigerte das Entschlüsseln damit",
        not_reached: "Nicht erreicht",
        until: "bis",
        limits: "Grenzen",
        recall: "Trefferquote der Erkennung, gemessen an erfundenen Tickets des Programms, in denen bei jedem Datum ein Wort sagt, was es ist, nicht an diesem Archiv: ohne ein solches Wort wird weniger gefunden",
        not_measured: "nicht gemessen",
        proof: "So wird geprüft",
        levels: [
            "ein äußerer Verwahrer meldete die Vernichtung; Entschlüsseln wurde versucht und verweigert",
            "der Schlüssel lag auf einem anderen benannten Datenträger und wurde dort überschrieben; keine Kopie bekannt",
            "der Schlüssel lag in einer Datei oder hinter einer Passphrase: Kopien sind nicht auszuschließen",
        ],
        kinds: [
            "Personen",
            "Datensätze",
            "weitere Kennungen",
            "Erwähnungen",
            "Marken von Sperren und Plänen",
        ],
        copies: &[
            ("live-system", "das laufende System, aus dem der Export stammt"),
            ("originals", "die Originale des Versiegelten, die eigens gelöscht werden"),
            ("originals-moved", "Originale, die nicht mehr liegen, wo sie lagen: gelöscht oder verschoben"),
            ("unsealed", "Dateien, die vorher entsiegelt wurden"),
            ("earlier-exports", "Exporte, Downloads und Berichte vor dem Versiegeln"),
            (
                "snapshots",
                "Schnappschüsse, Auslagerungsdateien und umgelagerte Blöcke mit dem früheren Klartext",
            ),
            ("undetected", "was die Erkennung nicht fand, in behaltenen versiegelten Datensätzen"),
            ("mentions", "behaltene versiegelte Datensätze, die die Person in einem Behälter nennen"),
            ("hard-links", "weitere harte Verweise auf Dateien des Tresors"),
            (
                "git-tree",
                "die Versionsverwaltung, in der der Tresor liegt: alte Chiffrate, die kein Schlüssel öffnet",
            ),
            ("synced-folder", "der synchronisierte Ordner, in dem der Tresor liegt"),
            ("copy-on-write", "alte Blöcke eines Dateisystems mit Copy-on-Write"),
            ("network-share", "Kopien des Servers einer Netzfreigabe"),
            ("surroundings-unknown", "was um den Tresor Kopien behält: das System sagte es nicht"),
        ],
        limit_lines: [
            "Was die Erkennung nicht fand, bleibt in behaltenen versiegelten Datensätzen lesbar.",
            "AES-256-GCM und HKDF-SHA-256 gelten als sicher; Zugriff ist undurchführbar, das Chiffrat kann noch bestehen.",
            "Jedem genannten Verwahrer wird geglaubt, wenn er seinen Schlüssel als vernichtet meldet.",
            "Klartextkopien außerhalb des Tresors werden durch Vernichten von Schlüsseln nicht erreicht.",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_words_for_every_copy() {
        for words in &ALL {
            let codes = |words: &Words| words.copies.iter().map(|(code, _)| *code).collect::<Vec<_>>();
            assert_eq!(codes(words), codes(&ALL[0]));
        }
        assert!(Words::of("xx").is_none());
        assert_eq!(
            Words::of("de").unwrap().copy("live-system"),
            "das laufende System, aus dem der Export stammt"
        );
        assert_eq!(Words::of("de").unwrap().copy("tape 7"), "tape 7");
    }
}

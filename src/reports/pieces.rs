//! What people read of missing pieces of an export, in the languages checklists and helpdesks speak.

/// The phrases of one language. `{…}` stands for what is put in.
pub(super) struct Pieces {
    language: &'static str,
    pub(super) head: &'static str,
    /// A kind of record an export can have and this one lacks.
    pub(super) piece: &'static str,
    /// Files that records name and the archive lacks.
    pub(super) files: &'static str,
    /// By piece: what many of it are called, and what they would answer.
    rows: [(&'static str, &'static str, &'static str); 7],
}

static LANGUAGES: [Pieces; 4] = [
    Pieces {
        language: "en",
        head: "NOT IN THE EXPORT",
        piece: "{system}: no {piece} – {answers} (olvido explain {system})",
        files: "{system}: {n} {piece} named and absent ({ids}) – {answers}",
        rows: [
            ("ticket", "tickets", "whose the data are, and how long they may be kept"),
            (
                "comment",
                "comments",
                "what was written, by whom and for whom, and when the data subject last acted",
            ),
            (
                "person",
                "person records",
                "who people are by name and address, their roles, second factors and last sign-ins",
            ),
            ("attachment", "attachments", "which files were sent along"),
            (
                "audit-entry",
                "audit entries",
                "what was changed, exported or deleted, by whom, and when a ticket was closed",
            ),
            (
                "setting",
                "settings",
                "passwords, sessions, encryption of mail and deletion as the helpdesk is set up",
            ),
            (
                "attachment-file",
                "files of attachments",
                "what stands in files that records name and the archive lacks",
            ),
        ],
    },
    Pieces {
        language: "es",
        head: "NO ESTÁ EN LA EXPORTACIÓN",
        piece: "{system}: sin {piece} – {answers} (olvido explain {system} --lang es)",
        files: "{system}: {n} {piece} nombrados y ausentes ({ids}) – {answers}",
        rows: [
            ("ticket", "tickets", "de quién son los datos y cuánto tiempo pueden conservarse"),
            (
                "comment",
                "comentarios",
                "qué se escribió, quién y para quién, y cuándo actuó por última vez el interesado",
            ),
            (
                "person",
                "fichas de personas",
                "quiénes son por nombre y dirección, sus roles, su segundo factor y su último acceso",
            ),
            ("attachment", "adjuntos", "qué ficheros se enviaron"),
            (
                "audit-entry",
                "registros de auditoría",
                "qué se cambió, exportó o borró, quién lo hizo y cuándo se cerró un ticket",
            ),
            (
                "setting",
                "ajustes",
                "cómo están configurados contraseñas, sesiones, cifrado del correo y borrado",
            ),
            (
                "attachment-file",
                "ficheros adjuntos",
                "qué contienen los ficheros que los registros nombran y el archivo no tiene",
            ),
        ],
    },
    Pieces {
        language: "fr",
        head: "ABSENT DE L’EXPORT",
        piece: "{system} : pas de {piece} – {answers} (olvido explain {system} --lang fr)",
        files: "{system} : {n} {piece} nommés et absents ({ids}) – {answers}",
        rows: [
            ("ticket", "tickets", "à qui sont les données et combien de temps elles peuvent être gardées"),
            (
                "comment",
                "commentaires",
                "ce qui a été écrit, par qui et pour qui, et quand la personne concernée a agi en dernier",
            ),
            (
                "person",
                "fiches de personnes",
                "qui sont les personnes par nom et adresse, leurs rôles, second facteur et dernière connexion",
            ),
            ("attachment", "pièces jointes", "quels fichiers ont été envoyés"),
            (
                "audit-entry",
                "entrées d’audit",
                "ce qui a été modifié, exporté ou supprimé, par qui, et quand un ticket a été fermé",
            ),
            (
                "setting",
                "paramètres",
                "comment sont réglés mots de passe, sessions, chiffrement du courriel et suppression",
            ),
            (
                "attachment-file",
                "fichiers joints",
                "ce que contiennent les fichiers que des enregistrements nomment et que l’archive n’a pas",
            ),
        ],
    },
    Pieces {
        language: "de",
        head: "NICHT IM EXPORT",
        piece: "{system}: keine {piece} – {answers} (olvido explain {system} --lang de)",
        files: "{system}: {n} {piece} genannt und nicht da ({ids}) – {answers}",
        rows: [
            ("ticket", "Tickets", "wessen Daten es sind und wie lange sie bleiben dürfen"),
            (
                "comment",
                "Kommentare",
                "was geschrieben wurde, von wem und für wen, und wann die betroffene Person zuletzt gehandelt hat",
            ),
            (
                "person",
                "Personensätze",
                "wer die Personen nach Name und Adresse sind, ihre Rollen, zweiten Faktoren und letzten Anmeldungen",
            ),
            ("attachment", "Anhänge", "welche Dateien mitgeschickt wurden"),
            (
                "audit-entry",
                "Protokolleinträge",
                "was geändert, exportiert oder gelöscht wurde, von wem, und wann ein Ticket geschlossen wurde",
            ),
            (
                "setting",
                "Einstellungen",
                "wie Passwörter, Sitzungen, Verschlüsselung der Mail und Löschung eingestellt sind",
            ),
            (
                "attachment-file",
                "Dateien von Anhängen",
                "was in Dateien steht, die Datensätze nennen und das Archiv nicht hat",
            ),
        ],
    },
];

impl Pieces {
    /// The phrases of a language; English where there are none.
    pub(super) fn of(language: &str) -> &'static Pieces {
        let [english, ..] = &LANGUAGES;
        LANGUAGES.iter().find(|one| one.language == language).unwrap_or(english)
    }

    /// What many of a piece are called and what they would answer; none for a piece of another version.
    pub(super) fn row(&self, piece: &str) -> Option<(&'static str, &'static str)> {
        self.rows.iter().find(|row| row.0 == piece).map(|row| (row.1, row.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_speaks_of_every_piece() {
        let pieces = |one: &Pieces| one.rows.map(|row| row.0);
        for one in &LANGUAGES {
            assert_eq!(pieces(one), pieces(Pieces::of("en")), "{}", one.language);
            for text in [one.piece, one.files] {
                for name in ["{system}", "{piece}", "{answers}"] {
                    assert!(text.contains(name), "{}: {name}", one.language);
                }
            }
            assert_eq!(Pieces::of(one.language).head, one.head);
        }
        assert_eq!(Pieces::of("xx").head, "NOT IN THE EXPORT");
    }
}

//! How a command ends, as outside tools rely on it.

/// Exit status of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Complete, and nothing at or above the gate.
    Clean,
    /// Findings at or above the gate, with or without gaps.
    Findings,
    /// Usage, configuration, key or policy error; nothing was done.
    Usage,
    /// Something was not read and that was not accepted; otherwise clean.
    Incomplete,
    /// A remedy refused or stopped part-way.
    Stopped,
    /// Interrupted by the user.
    Interrupted,
}

impl Exit {
    /// The number the system sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Stopped => 4,
            Self::Interrupted => 130,
        }
    }

    /// What a number means, for the last line of reports.
    pub fn of(code: u8) -> Option<Exit> {
        [Self::Clean, Self::Findings, Self::Usage, Self::Incomplete, Self::Stopped, Self::Interrupted]
            .into_iter()
            .find(|exit| exit.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_contract() {
        let codes =
            [Exit::Clean, Exit::Findings, Exit::Usage, Exit::Incomplete, Exit::Stopped, Exit::Interrupted];
        assert_eq!(codes.map(Exit::code), [0, 1, 2, 3, 4, 130]);
        for exit in codes {
            assert_eq!(Exit::of(exit.code()), Some(exit));
        }
    }
}

//! What takes the place of a value.

mod generalise;
mod pseudonym;

use crate::audit::normal_form as normalise;
use crate::findings::mask_str;
use crate::problem::Problem;
use crate::records::{Category, Protection, label_words};

pub use crate::records::Language;

pub use pseudonym::Pseudonyms;

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `[IBAN]`, in the language of the text.
    Label,
    /// Its shape with at most the last two characters.
    Mask,
    /// Nothing takes its place.
    Remove,
    /// A keyed token, or a value of a reserved range.
    Pseudonym,
    /// Year, area or network; a label where there is no such form.
    Generalise,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Operator; 5] = [Self::Label, Self::Mask, Self::Remove, Self::Pseudonym, Self::Generalise];

    /// Its name in arguments and plans.
    pub fn name(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Mask => "mask",
            Self::Remove => "remove",
            Self::Pseudonym => "pseudonym",
            Self::Generalise => "generalise",
        }
    }
}

/// Which operator each category has, and what they need.
pub struct Operators {
    of: Vec<Operator>,
    language: Option<Language>,
    pseudonyms: Option<Pseudonyms>,
}

/// What is known of the place a value stands in.
#[derive(Clone, Copy)]
pub(super) struct Surroundings {
    /// The language of the text, where it shows.
    pub(super) language: Option<Language>,
    /// Whether the text's charset may lack all but ASCII.
    pub(super) ascii: bool,
    /// Whether something must stand there: the key of an object, the name of a file.
    pub(super) named: bool,
    /// Whether it is the id of a message (RFC 5322 §3.6.4), which other programs refuse to read with brackets
    /// in it.
    pub(super) message_id: bool,
}

/// What stands for an address in the id of a message: of a domain that is nobody's (RFC 2606).
const NO_MESSAGE: &str = "redacted@redacted.invalid";

/// Values nobody may compare, even under a key: secrets, special categories, criminal offences.
fn is_incomparable(category: Category) -> bool {
    category == Category::SECRET
        || matches!(category.card().protection, Protection::Article9 | Protection::Article10)
}

impl Operators {
    /// Labels for everything.
    pub fn labels(language: Option<Language>) -> Self {
        Self { of: vec![Operator::Label; Category::count()], language, pseudonyms: None }
    }

    /// Pseudonyms for everything but secrets and special categories, which become labels, and dates of
    /// birth, which become years.
    pub fn pseudonymising(language: Option<Language>) -> Self {
        let of = Category::all().map(|category| match category.name() {
            _ if is_incomparable(category) => Operator::Label,
            "date-of-birth" => Operator::Generalise,
            _ => Operator::Pseudonym,
        });
        Self { of: of.collect(), language, pseudonyms: None }
    }

    /// Takes what makes pseudonyms.
    #[must_use]
    pub fn with_pseudonyms(mut self, pseudonyms: Option<Pseudonyms>) -> Self {
        self.pseudonyms = pseudonyms;
        self
    }

    /// Takes `CATEGORY=OPERATOR`.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such category or operator.
    pub fn set(&mut self, said: &str) -> Result<(), Problem> {
        let (category, operator) = said.split_once('=').unwrap_or((said, ""));
        let all = Operator::ALL.map(Operator::name).join(", ");
        let Some(category) = Category::named(category) else {
            return Err(Problem::new(
                "operator-category",
                "--operator names no category",
                "write for example --operator phone-number=mask; `olvido catalogue list` shows the categories",
            ));
        };
        let Some(operator) = Operator::ALL.into_iter().find(|known| known.name() == operator) else {
            return Err(Problem::new(
                "operator-unknown",
                format!("--operator {category}=… names no operator"),
                format!("write one of {all}"),
            ));
        };
        if operator == Operator::Pseudonym && is_incomparable(category) {
            return Err(Problem::new(
                "operator-comparable",
                format!("a pseudonym of {category} would tell who has the same"),
                "use label, mask or remove",
            ));
        }
        if let Some(of) = self.of.get_mut(category.index()) {
            *of = operator;
        }
        Ok(())
    }

    /// Whether any category needs a key.
    pub fn need_key(&self) -> bool {
        self.of.contains(&Operator::Pseudonym)
    }

    /// The operator of a category.
    pub fn of(&self, category: Category) -> Operator {
        self.of.get(category.index()).copied().unwrap_or(Operator::Label)
    }

    /// What all this comes to, for digests: every category with its operator, and the language.
    pub fn described(&self) -> String {
        let mut out: String =
            Category::all().map(|category| format!("{category}={} ", self.of(category).name())).collect();
        out.push_str(self.language.map_or("auto", Language::code));
        out
    }

    /// What takes the place of a value.
    pub(super) fn replace(&self, category: Category, value: &str, around: Surroundings) -> String {
        let label = || self.label(category, around);
        match self.of(category) {
            Operator::Label => label(),
            Operator::Mask if around.ascii || around.message_id => label(),
            Operator::Mask => mask_str(category, value).replace('/', "-"),
            Operator::Remove if around.named || around.message_id => label(),
            Operator::Remove => String::new(),
            Operator::Pseudonym => match &self.pseudonyms {
                Some(pseudonyms) => pseudonyms.of(category, &normalise(category, value)),
                None => label(),
            },
            Operator::Generalise => match generalise::generalise(category, value) {
                Some(general) if around.named => general.replace('/', "-"),
                Some(general) => general,
                None => label(),
            },
        }
    }

    fn label(&self, category: Category, around: Surroundings) -> String {
        if around.message_id {
            return match category {
                Category::EMAIL_ADDRESS => NO_MESSAGE.to_owned(),
                other => other.name().to_owned(),
            };
        }
        let language = self.language.or(around.language).unwrap_or(Language::En);
        let words = label_words(category, language);
        if around.ascii && !words.is_ascii() {
            return format!("[{category}]");
        }
        format!("[{words}]")
    }
}

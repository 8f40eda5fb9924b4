//! The vocabulary everything else speaks: no I/O, no clock, nothing of ours imported.

mod block;
mod category;
mod detection;
mod fact_table;
mod facts;
mod gap;
mod labels;
mod layers;
mod limits;
mod local_date;
mod marks;
mod origin;
mod passwords;
mod place;
mod record;
mod stamp;
mod text;
mod tools;

pub use block::{Block, Field, NameRef, NewField, PathId, PathStore, Role};
pub use category::{Category, CategoryCard, Protection};
pub use detection::{CheckOutcome, Confidence, Detection, DetectorIndex, Evidence, ValueClass, Weights};
pub use facts::{FactCard, FactId, FactSet, FactType, FactValue, Facts, Supplier};
pub use gap::{Gap, GapClass, OPENED, OPENED_WEAKLY, READ_WITH_TOOL, WEAKLY_ENCRYPTED, was_read};
pub use labels::{Language, label_words};
pub use layers::{Encoding, Layer, LayerStore, LayersRef, OffsetMap, Segment, SharedLayer, SqlEscape};
pub use limits::{ByteBudget, Limits};
pub use local_date::DayMonth;
pub use marks::is_mark;
pub use origin::{ItemNumber, Origin};
pub use passwords::{Passwords, Trial, Tried, Tries};
pub use place::{Position, Positions};
pub use record::{Extent, Link, Ordinal, Record, RecordKind, RecordRef, Relation};
pub use stamp::{Precision, Stamp};
pub use text::{Text, TextBuffer};
pub use tools::{Tool, Tools};

//! Edits on decoded text travel outward to raw bytes.

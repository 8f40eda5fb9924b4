//! Whole purges on a disk that crashes and runs full: whatever step it is, every file is old or new, and the
//! same command comes to the same end. And every check, with its clock handed in.

mod checks;
mod mirror;
mod project;
mod steps;

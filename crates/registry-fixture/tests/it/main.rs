//! Registries as a service's test has them: started, seeded, broken on request, and gone.

mod client;
mod faults;
mod seeding;
mod starting;

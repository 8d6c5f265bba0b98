//! Registries as a service's test has them: started, seeded, and gone.

mod client;
mod seeding;
mod starting;

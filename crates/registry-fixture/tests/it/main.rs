//! Registries as a service's test has them: started, seeded, broken on request, like Gitea, and gone.

mod client;
mod faults;
mod gitea_access;
mod gitea_manifests;
mod gitea_uploads;
mod seeding;
mod starting;

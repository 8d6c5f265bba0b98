//! `/v2/`: that it is a registry, and what it demands.

use super::super::challenge::Demand;
use super::super::connect::Contact;
use super::Verdict;

/// A contact that was made is one with a registry: distribution-spec, "Determining support".
pub(super) fn verdict(contact: &Contact) -> Verdict {
    let demand = match &contact.demand {
        None => "asks nobody who they are",
        Some(Demand::Basic) => "asks for a user name and a password",
        Some(Demand::Bearer { .. }) => "asks for a token",
    };
    let url = contact.endpoint.below("/v2/");
    Verdict::Passed(format!("a registry answers at {url}, and {demand}"))
}

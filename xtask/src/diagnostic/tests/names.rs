//! Names that Gitea would refuse, and what to write instead.

use push::NameProblem;

use super::*;

#[test]
fn a_name_is_mended() {
    let name = |name: &str| name.parse::<oci::Repository>().expect("a name");
    let tag = |tag: &str| tag.parse::<oci::Tag>().expect("a tag");
    let refused = |problem| shown(Error::RefusedName { problem });
    insta::assert_snapshot!(refused(NameProblem::NoOwner(name("app"))), @r"
    error: cannot push to `r.io/team/app:1`
      caused by: `app` has no owner, and at Gitea every image has one
    hint: write `giteaadmin/app`, or another owner
    [exit status: 2]
    ");
    insta::assert_snapshot!(refused(NameProblem::Separator(name("a/b---c__d.e"))), @r"
    error: cannot push to `r.io/team/app:1`
      caused by: `a/b---c__d.e` is not a name at Gitea: one `.`, `_` or `-` at a time between letters and digits
    hint: write `a/b-c_d.e`
    [exit status: 2]
    ");
    let same = NameProblem::SameTag(tag("V1"), tag("v1"), name("team/app"));
    insta::assert_snapshot!(refused(same), @r"
    error: cannot push to `r.io/team/app:1`
      caused by: the tags `V1` and `v1` of `team/app` are one at Gitea, which keeps tags in lower case
    hint: push one of them alone: `--image` picks an image
    [exit status: 2]
    ");
}

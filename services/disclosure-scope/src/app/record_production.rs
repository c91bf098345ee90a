//! RecordProduction: what left under a grant, or that there was nothing.

use rogatory_chassis::{CallContext, CallKey, Failure, FieldFaults, Violation};
use rogatory_names::{GrantId, ProductionId};
use rogatory_store::{Changed, NewEvent};

use super::Disclosure;
use crate::{
    domain::{
        grant::{Grant, State},
        production::{ProducedFile, Production, manifest_digest, uncovered},
        token::Token,
    },
    store::{grants, productions},
};

/// Files that left; none when the search found nothing.
#[derive(Debug)]
pub(crate) struct RecordProduction {
    pub(crate) grant: GrantId,
    pub(crate) files: Vec<ProducedFile>,
    pub(crate) key: CallKey,
}

impl Disclosure {
    pub(crate) async fn record_production(
        &self,
        context: &CallContext,
        call: &RecordProduction,
    ) -> Result<Production, Failure> {
        let actor = context.caller.actor();
        let recorded = self
            .store
            .mutate(call.key.change(context, &actor), async |tx| {
                let found = grants::get_unchanging(tx, call.grant).await?;
                let grant = found.ok_or_else(|| Failure::not_found(call.grant.name()))?.value;
                if !grant.is_in_force(context.now) {
                    return Err(out_of_force(&grant));
                }
                covered(&grant, &call.files)?;
                let mut production = Production {
                    id: ProductionId::new(),
                    grant: grant.id,
                    request: grant.request,
                    files: call.files.clone(),
                    manifest_digest: manifest_digest(&call.files),
                    recorder: actor.clone(),
                    create_time: context.now,
                    signature: Token::default(),
                };
                production.signature = self.signer.sign_manifest(&production)?;
                productions::insert(tx, &production).await?;
                let name = production.id.name();
                let event = NewEvent::new("production.recorded", &name)
                    .of_request(production.request.name())
                    .fact("grant", grant.id.name())
                    .fact("files", production.files.len().to_string())
                    .fact("no_data", production.no_data().to_string())
                    .fact("manifest_digest", production.manifest_digest.to_string());
                let changed = Changed::new(&name)
                    .answering(&production)?
                    .fact("grant", grant.id.name())
                    .fact("manifest_digest", production.manifest_digest.to_string())
                    .event(event);
                Ok(changed)
            })
            .await?;
        Ok(recorded.answer()?)
    }
}

/// Goes on when the grant covers every file.
fn covered(grant: &Grant, files: &[ProducedFile]) -> Result<(), Failure> {
    let mut faults = FieldFaults::new();
    for (index, file) in files.iter().enumerate() {
        for (field, fault) in uncovered(grant, file) {
            let field = field.map(|field| format!(".{field}")).unwrap_or_default();
            faults.add(format!("files[{index}]{field}"), fault);
        }
    }
    faults.done()
}

fn out_of_force(grant: &Grant) -> Failure {
    let name = grant.id.name();
    match grant.state {
        State::Revoked => Failure::state(name, grant.state.as_str()),
        State::Active => Failure::StateForbids {
            state: "EXPIRED".to_owned(),
            violations: vec![Violation {
                code: "GRANT_EXPIRED".to_owned(),
                subject: name.clone(),
                description: "the grant has expired; nothing may have left under it since".to_owned(),
            }],
            name,
        },
    }
}

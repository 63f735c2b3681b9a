//! Who is told.

use super::Builder;
use crate::{
    config::{Alerts, Ntfy},
    endpoint::Endpoint,
    file::{AlertsFile, HookFile, NtfyFile},
    yaml::At,
};

impl Builder<'_> {
    pub(super) fn alerts(self, file: Option<&At<AlertsFile>>) -> Option<Alerts> {
        let Some(file) = file else { return Some(Alerts::default()) };
        let file = file.get()?;
        let ntfy = file.ntfy.as_ref().map(|ntfy| self.ntfy(ntfy));
        let webhook = file.webhook.as_ref().map(|hook| self.hook(hook));
        Some(Alerts { ntfy: ntfy.flatten(), webhook: webhook.flatten() })
    }

    fn ntfy(self, file: &At<NtfyFile>) -> Option<Ntfy> {
        let file = file.get()?;
        let url = self.endpoint(&file.url);
        let topic = self.filled(&file.topic, "the topic");
        let token = file.token.as_ref().map(|token| self.secret(token, "NTFY_TOKEN"));
        Some(Ntfy { url: url?, topic: topic?, token: token.flatten() })
    }

    pub(super) fn hook(self, file: &At<HookFile>) -> Option<Endpoint> {
        self.endpoint(&file.get()?.url)
    }
}

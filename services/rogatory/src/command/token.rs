//! `rogatory token`: a token of the development issuer.

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use chrono::Utc;
use clap::Args;
use rogatory_chassis::{
    Role,
    caller::{role_claim, role_of_claim},
};

use crate::suite::development_keys;

/// Print a token of the development issuer.
#[derive(Debug, Args)]
pub(super) struct Token {
    /// What the bearer may do; repeat it for several roles.
    #[arg(long = "role", value_name = "ROLE", required = true, value_parser = role)]
    roles: Vec<Role>,
    /// Who the bearer is; the first role when left out.
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,
    /// How long the token lasts: `90s`, `30m`, `1h`, `7d`.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    ttl: Duration,
    /// Where the databases and keys are.
    #[arg(long, value_name = "DIR", default_value = super::DATA)]
    data: PathBuf,
}

impl Token {
    pub(super) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let keys = development_keys(&self.data).map_err(|error| error.to_string())?;
        let subject = self.subject.or_else(|| self.roles.first().copied().map(role_claim)).unwrap_or_default();
        println!("{}", keys.token(&subject, &self.roles, Utc::now(), self.ttl)?);
        Ok(ExitCode::SUCCESS)
    }
}

fn role(text: &str) -> Result<Role, String> {
    role_of_claim(text).ok_or_else(|| {
        let known: Vec<String> = (1..=10).filter_map(|number| Role::try_from(number).ok()).map(role_claim).collect();
        format!("it is one of {}", known.join(", "))
    })
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and s, m, h or d: 30m".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match number.checked_mul(seconds) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err("must be longer than nothing and shorter than for ever".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_its_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("7d"), Ok(Duration::from_secs(604_800)));
        for wrong in ["", "h", "0h", "1", "1w", "-1h", "1.5h", "ü", "99999999999999999999d"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_role_is_one_of_the_schema() {
        assert_eq!(role("data-platform"), Ok(Role::DataPlatform));
        assert!(role("root").is_err_and(|said| said.contains("submitter, analyst")));
    }
}

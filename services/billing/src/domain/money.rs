//! Amounts of money, exact.
//!
//! Money is counted in the minor unit of its currency (cent, yen, fils) and is **never rounded**: a price has no more
//! decimals than its currency, and is only ever multiplied by a whole number and added. The one thing that is rounded
//! in an invoice is time, see [`super::work::quarter_hours_begun`]. What does not fit into 64 bits is refused.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Decimals of a `google.type.Money`: billionths.
const NANO_DECIMALS: u32 = 9;

/// A currency in use, by its ISO 4217 code. Codes without a minor unit (gold, the code for tests) are none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: iso_currency::Currency,
    decimals: u32,
}

/// A text is not the ISO 4217 code of a currency in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the ISO 4217 code of a currency in use; write it as three upper-case letters, for example `USD`")]
pub struct UnknownCurrency;

impl Currency {
    /// Three letters: `USD`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code.code()
    }

    /// How many decimals it has: 0 for JPY, 2 for USD, 3 for KWD.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        self.decimals
    }

    /// Minor units in one major unit.
    const fn scale(self) -> i64 {
        10_i64.pow(self.decimals)
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let code = iso_currency::Currency::from_code(text).filter(|code| code.code() == text).ok_or(UnknownCurrency)?;
        let decimals = code.exponent().map(u32::from).filter(|decimals| *decimals <= NANO_DECIMALS);
        match decimals {
            Some(decimals) if code.is_superseded().is_none() => Ok(Self { code, decimals }),
            _ => Err(UnknownCurrency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// An amount of money.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In the minor unit of the currency.
    minor: i64,
    currency: Currency,
}

/// Why a text is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountFault {
    /// It is not a decimal number.
    #[error("is not an amount; write digits, and a point where decimals follow: `7.50`")]
    Malformed,
    /// It is less than nothing.
    #[error("is negative; a fee is zero or more")]
    Negative,
    /// It cannot be paid in that currency.
    #[error("has more decimals than {currency}, which has {}", currency.decimals())]
    TooManyDecimals {
        /// Which currency.
        currency: Currency,
    },
    /// It does not fit.
    #[error("is larger than this program counts")]
    TooLarge,
}

impl Money {
    /// So many minor units: cents, yen, fils.
    #[must_use]
    pub const fn of_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads an amount of zero or more as a rule file writes it: `45`, `7.50`.
    ///
    /// # Errors
    /// When it is not one, or not one of that currency.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountFault> {
        if text.starts_with('-') {
            return Err(AmountFault::Negative);
        }
        let (whole, decimals) = match text.split_once('.') {
            Some((whole, decimals)) => (whole, decimals),
            None => (text, "0"),
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) {
            return Err(AmountFault::Malformed);
        }
        // Trailing zeros say nothing, except that whoever wrote `500.00` JPY thought of another currency.
        let places = if text.contains('.') { decimals.len() } else { 0 };
        let missing = u32::try_from(places).ok().and_then(|places| currency.decimals().checked_sub(places));
        let missing = missing.ok_or(AmountFault::TooManyDecimals { currency })?;
        let whole: i64 = whole.parse().map_err(|_| AmountFault::TooLarge)?;
        let decimals: i64 = decimals.parse().map_err(|_| AmountFault::TooLarge)?;
        let decimals = if places == 0 { 0 } else { decimals * 10_i64.pow(missing) };
        let minor = whole.checked_mul(currency.scale()).and_then(|minor| minor.checked_add(decimals));
        Ok(Self { minor: minor.ok_or(AmountFault::TooLarge)?, currency })
    }

    /// In minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// In what it is counted.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// So many times as much; none when that does not fit.
    #[must_use]
    pub fn times(self, quantity: i64) -> Option<Self> {
        Some(Self { minor: self.minor.checked_mul(quantity)?, ..self })
    }

    /// The sum; none when it does not fit, or the currencies differ.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self { minor: self.minor.checked_add(other.minor)?, ..self })
    }

    /// As `google.type.Money` has it: whole units, and billionths of the same sign.
    #[must_use]
    pub fn units_and_nanos(self) -> (i64, i32) {
        let scale = self.currency.scale();
        let nanos = (self.minor % scale) * 10_i64.pow(NANO_DECIMALS - self.currency.decimals());
        // Always fits: a part of one unit is less than a billion billionths.
        (self.minor / scale, i32::try_from(nanos).unwrap_or_default())
    }

    /// From the form of `google.type.Money`; none when the signs differ, when the billionths are more than one unit or
    /// no whole number of minor units, or when it does not fit.
    #[must_use]
    pub fn of_units_and_nanos(units: i64, nanos: i32, currency: Currency) -> Option<Self> {
        let nanos = i64::from(nanos);
        let minor_nanos = 10_i64.pow(NANO_DECIMALS - currency.decimals());
        let split = nanos.abs() < 10_i64.pow(NANO_DECIMALS) && nanos % minor_nanos == 0;
        if !split || units.signum() * nanos.signum() < 0 {
            return None;
        }
        let minor = units.checked_mul(currency.scale())?.checked_add(nanos / minor_nanos)?;
        Some(Self { minor, currency })
    }
}

impl fmt::Display for Money {
    /// `45.00 USD`, `500 JPY`, `1.250 KWD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (magnitude, scale) = (self.minor.unsigned_abs(), self.currency.scale().unsigned_abs());
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{sign}{}", magnitude / scale)?;
        if self.currency.decimals() > 0 {
            let places = usize::try_from(self.currency.decimals()).unwrap_or_default();
            write!(f, ".{:0places$}", magnitude % scale)?;
        }
        write!(f, " {}", self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn a_currency_has_its_decimals() {
        for (code, decimals) in [("JPY", 0), ("USD", 2), ("HKD", 2), ("SGD", 2), ("KWD", 3), ("CLF", 4)] {
            assert_eq!(currency(code).decimals(), decimals, "{code}");
        }
        for none in ["usd", "XAU", "XXX", "ABC", "", "US", "840"] {
            assert_eq!(none.parse::<Currency>(), Err(UnknownCurrency), "{none}");
        }
    }

    #[test]
    fn an_amount_is_read_exactly_or_not_at_all() {
        let read = |text, code| Money::parse(text, currency(code));
        assert_eq!(read("7.50", "USD").unwrap().minor(), 750);
        assert_eq!(read("7.5", "USD").unwrap().minor(), 750);
        assert_eq!(read("45", "USD").unwrap().to_string(), "45.00 USD");
        assert_eq!(read("0.05", "USD").unwrap().to_string(), "0.05 USD");
        assert_eq!(read("500", "JPY").unwrap().to_string(), "500 JPY");
        assert_eq!(read("1.005", "KWD").unwrap().to_string(), "1.005 KWD");
        assert_eq!(read("-1", "USD"), Err(AmountFault::Negative));
        assert_eq!(read("7.505", "USD"), Err(AmountFault::TooManyDecimals { currency: currency("USD") }));
        assert_eq!(read("500.0", "JPY"), Err(AmountFault::TooManyDecimals { currency: currency("JPY") }));
        assert_eq!(read("92233720368547758.08", "USD"), Err(AmountFault::TooLarge));
        assert_eq!(read("92233720368547758.07", "USD").unwrap().minor(), i64::MAX);
        for bad in ["", ".5", "5.", "1e3", "+1", " 1", "1,5", "1.2.3", "٣"] {
            assert_eq!(read(bad, "USD"), Err(AmountFault::Malformed), "{bad}");
        }
    }

    #[test]
    fn what_is_no_whole_number_of_minor_units_is_not_taken() {
        let usd = currency("USD");
        assert_eq!(Money::of_units_and_nanos(1, 5_000_000, usd), None);
        assert_eq!(Money::of_units_and_nanos(1, -10_000_000, usd), None);
        assert_eq!(Money::of_units_and_nanos(0, 1_000_000_000, usd), None);
        assert_eq!(Money::of_units_and_nanos(1, 10_000_000, currency("JPY")), None);
        assert_eq!(Money::of_units_and_nanos(-1, -10_000_000, usd).unwrap().minor(), -101);
        assert_eq!(Money::of_units_and_nanos(i64::MAX, 0, usd), None);
    }

    proptest! {
        #[test]
        fn money_goes_over_the_wire_and_comes_back(minor: i64, code in prop::sample::select(vec!["JPY", "USD", "KWD", "CLF"])) {
            let money = Money::of_minor(minor, currency(code));
            let (units, nanos) = money.units_and_nanos();
            prop_assert_eq!(Money::of_units_and_nanos(units, nanos, money.currency()), Some(money));
        }

        #[test]
        fn what_is_shown_can_be_read(minor in 0..=i64::MAX, code in prop::sample::select(vec!["JPY", "USD", "KWD"])) {
            let money = Money::of_minor(minor, currency(code));
            let shown = money.to_string();
            let (amount, shown_code) = shown.split_once(' ').unwrap();
            prop_assert_eq!(shown_code, code);
            prop_assert_eq!(Money::parse(amount, money.currency()), Ok(money));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-0-9.]{0,24}") {
            let _ = Money::parse(&text, currency("USD"));
        }
    }
}

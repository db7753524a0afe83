//! The functions that Kubernetes adds to CEL, as far as our rules use them: addresses, ranges, and regular expressions
//! ([libraries](https://kubernetes.io/docs/reference/using-api/cel/#cel-community-libraries)).

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use cel::extractors::This;
use cel::objects::Opaque;
use cel::{Context, DeclarationError, ExecutionError, Value};
use ipnet::IpNet;
use regex::Regex;

type Outcome<T> = Result<T, ExecutionError>;

/// A range of addresses.
#[derive(Debug, PartialEq, Eq)]
struct Cidr(IpNet);

impl Opaque for Cidr {
    fn runtime_type_name(&self) -> &'static str {
        "net.CIDR"
    }
}

/// An address.
#[derive(Debug, PartialEq, Eq)]
struct Ip(IpAddr);

impl Opaque for Ip {
    fn runtime_type_name(&self) -> &'static str {
        "net.IP"
    }
}

pub(crate) fn add(context: &mut Context<'_, '_>) -> Result<(), DeclarationError> {
    context.add_function("isCIDR", |text: Arc<String>| text.parse::<IpNet>().is_ok())?;
    context.add_function("isIP", |text: Arc<String>| text.parse::<IpAddr>().is_ok())?;
    context.add_function("cidr", |text: Arc<String>| range(&text))?;
    context.add_function("ip", ip)?;
    context.add_function("containsCIDR", contains_cidr)?;
    context.add_function("masked", |This(this): This<Value>| -> Outcome<Value> {
        Ok(opaque(Cidr(cidr_of("masked", &this)?.trunc())))
    })?;
    context.add_function("prefixLength", |This(this): This<Value>| -> Outcome<i64> {
        Ok(i64::from(cidr_of("prefixLength", &this)?.prefix_len()))
    })?;
    context.add_function("family", |This(this): This<Value>| -> Outcome<i64> {
        let Ip(address) = downcast::<Ip>("family", &this)?;
        Ok(if address.is_ipv4() { 4 } else { 6 })
    })?;
    context.add_function("matches", |This(text): This<Arc<String>>, pattern: Arc<String>| {
        matches(&text, &pattern)
    })
}

fn opaque(value: impl Opaque) -> Value {
    Value::Opaque(Arc::new(value))
}

fn range(text: &str) -> Outcome<Value> {
    let parsed = text.parse::<IpNet>();
    parsed
        .map(|net| opaque(Cidr(net)))
        .map_err(|error| ExecutionError::function_error("cidr", error))
}

/// `ip(text)`, and the address of a range: `cidr(text).ip()`.
fn ip(This(this): This<Value>) -> Outcome<Value> {
    match &this {
        Value::String(text) => text
            .parse::<IpAddr>()
            .map(|address| opaque(Ip(address)))
            .map_err(|error| ExecutionError::function_error("ip", error)),
        _ => Ok(opaque(Ip(cidr_of("ip", &this)?.addr()))),
    }
}

/// Whether a range lies within another; the other is given as a range or as its text.
fn contains_cidr(This(this): This<Value>, other: Value) -> Outcome<bool> {
    let other = match &other {
        Value::String(text) => range(text)?,
        _ => other,
    };
    let (outer, inner) = (cidr_of("containsCIDR", &this)?, cidr_of("containsCIDR", &other)?);
    Ok(outer.contains(inner))
}

fn cidr_of<'a>(function: &str, value: &'a Value) -> Outcome<&'a IpNet> {
    downcast::<Cidr>(function, value).map(|Cidr(net)| net)
}

fn downcast<'a, T: 'static>(function: &str, value: &'a Value) -> Outcome<&'a T> {
    let found = match value {
        Value::Opaque(opaque) => opaque.downcast_ref::<T>(),
        _ => None,
    };
    found.ok_or_else(|| ExecutionError::not_supported_as_method(function, value.clone()))
}

thread_local! {
    /// The patterns of our rules are few, and each is asked for every object.
    static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default();
}

fn matches(text: &str, pattern: &str) -> Outcome<bool> {
    PATTERNS.with_borrow_mut(|patterns| {
        if let Some(known) = patterns.get(pattern) {
            return Ok(known.is_match(text));
        }
        let compiled = Regex::new(pattern).map_err(|error| ExecutionError::function_error("matches", error))?;
        let found = compiled.is_match(text);
        patterns.insert(pattern.to_owned(), compiled);
        Ok(found)
    })
}

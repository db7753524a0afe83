//! Ports as people write them: `TCP 443, 8080–8090`.

use jichitai_api::municipality::{Direction, Port, Protocol};

use crate::language::Language;
use crate::names::Named;

/// All ports, protocol by protocol.
pub(crate) fn list<'a>(ports: impl IntoIterator<Item = &'a Port>, language: Language) -> String {
    let ports: Vec<&Port> = ports.into_iter().collect();
    let of = |protocol: Protocol| {
        let numbers: Vec<String> = ports
            .iter()
            .filter(|port| port.protocol == protocol)
            .map(|port| number(port))
            .collect();
        (!numbers.is_empty()).then(|| format!("{} {}", protocol.word().say(language), numbers.join(", ")))
    };
    let parts: Vec<String> = [Protocol::Tcp, Protocol::Udp].into_iter().filter_map(of).collect();
    parts.join(" · ")
}

/// The ports that are opened from one side.
pub(crate) fn of_direction(ports: &[Port], direction: Direction) -> Vec<&Port> {
    ports.iter().filter(|port| port.direction == direction).collect()
}

fn number(port: &Port) -> String {
    let Port {
        protocol: _,
        port,
        end_port,
        direction: _,
    } = port;
    match end_port {
        Some(end) => format!("{port}–{end}"),
        None => port.to_string(),
    }
}

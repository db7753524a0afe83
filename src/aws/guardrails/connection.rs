//! Connections of Direct Connect. Often they are in an account of the network's operator, and none is seen here.

use aws_sdk_directconnect::types::ConnectionState;
use jichitai_plan::guardrails::survey::{Connection, Read};

use super::both;
use crate::config::Purpose;
use crate::error::fault;
use crate::session::Session;

pub(super) async fn connections(session: &Session) -> Read<Connection> {
    both(async |region| {
        let client = session.direct_connect(region, Purpose::Read);
        let found = client.describe_connections().send().await.map_err(fault)?;
        let one = |one: aws_sdk_directconnect::types::Connection| Connection {
            id: one.connection_id.unwrap_or_default(),
            location: one.location.unwrap_or_default(),
            device: one.aws_logical_device_id.unwrap_or_default(),
            available: one.connection_state == Some(ConnectionState::Available),
        };
        let gone = |one: &aws_sdk_directconnect::types::Connection| {
            matches!(
                one.connection_state,
                Some(ConnectionState::Deleted | ConnectionState::Deleting | ConnectionState::Rejected)
            )
        };
        Ok(found
            .connections
            .unwrap_or_default()
            .into_iter()
            .filter(|one| !gone(one))
            .map(one)
            .collect())
    })
    .await
}

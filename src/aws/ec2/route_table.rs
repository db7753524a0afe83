//! Route tables, their routes and their subnets.

use std::collections::BTreeMap;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, ResourceType, Route, RouteTableAssociationStateCode};
use jichitai_plan::ec2::route_table::{Action, RouteTable};
use jichitai_plan::observation::{Fault, FaultKind, Listing};
use jichitai_plan::step::Created;

use super::{Search, created, done, filter, gone, tags};
use crate::error::{fault, incomplete};

/// How route tables are found.
pub(super) const SEARCH: Search = Search {
    in_vpc: "vpc-id",
    by_id: "route-table-id",
    prefix: "rtb-",
    by_tags: false,
};

/// EC2 takes no more here.
const PAGE: i32 = 100;

/// The route tables that the filters select.
pub(super) async fn list(ec2: &Client, filters: Vec<Filter>) -> Listing<RouteTable> {
    let pages = ec2
        .describe_route_tables()
        .set_filters(Some(filters))
        .into_paginator()
        .page_size(PAGE)
        .items()
        .send();
    let found: Vec<_> = pages.try_collect().await.map_err(fault)?;
    Ok(found.into_iter().filter_map(read).collect())
}

fn read(table: aws_sdk_ec2::types::RouteTable) -> Option<RouteTable> {
    let (mut associations, mut main) = (BTreeMap::new(), false);
    for association in table.associations.unwrap_or_default() {
        let state = association.association_state.and_then(|state| state.state);
        if matches!(
            state,
            Some(RouteTableAssociationStateCode::Disassociated | RouteTableAssociationStateCode::Disassociating)
        ) {
            continue;
        }
        main |= association.main.unwrap_or_default();
        associations.extend(association.subnet_id.zip(association.route_table_association_id));
    }
    Some(RouteTable {
        id: table.route_table_id?,
        vpc_id: table.vpc_id?,
        routes: table.routes.unwrap_or_default().into_iter().filter_map(route).collect(),
        associations,
        main,
        tags: tags::read(table.tags),
    })
}

/// Destination and target; none for the routes within the VPC, which nobody can change.
fn route(route: Route) -> Option<(String, String)> {
    let destination = route
        .destination_cidr_block
        .or(route.destination_ipv6_cidr_block)
        .or(route.destination_prefix_list_id)?;
    let target = [
        route.transit_gateway_id,
        route.gateway_id,
        route.nat_gateway_id,
        route.vpc_peering_connection_id,
        route.egress_only_internet_gateway_id,
        route.local_gateway_id,
        route.carrier_gateway_id,
        route.core_network_arn,
        route.odb_network_arn,
        // An instance has both; the interface is what the route points to.
        route.network_interface_id,
        route.instance_id,
    ];
    let target = target.into_iter().flatten().next().unwrap_or_default();
    (target != "local").then_some((destination, target))
}

/// Performs one write.
pub(crate) async fn execute(ec2: &Client, action: &Action, token: Option<&str>) -> Result<Option<Created>, Fault> {
    match action {
        Action::Create { vpc_id, tags } => {
            let call = ec2
                .create_route_table()
                .vpc_id(vpc_id)
                .set_client_token(token.map(str::to_owned))
                .tag_specifications(tags::at_creation(ResourceType::RouteTable, tags));
            let table = call.send().await.map_err(fault)?.route_table;
            let id = table
                .and_then(|table| table.route_table_id)
                .ok_or_else(|| incomplete("ec2:CreateRouteTable", "RouteTableId"))?;
            Ok(Some(created(id, None)))
        }
        Action::AddRoute {
            id,
            destination,
            transit_gateway,
        } => add_route(ec2, id, &destination.to_string(), transit_gateway).await,
        Action::ReplaceRoute {
            id,
            destination,
            transit_gateway,
        } => {
            let call = ec2
                .replace_route()
                .route_table_id(id)
                .destination_cidr_block(destination.to_string());
            done(call.transit_gateway_id(transit_gateway).send().await.map_err(fault))
        }
        Action::RemoveRoute { id, destination } => {
            let call = ec2.delete_route().route_table_id(id);
            let call = match destination {
                list if list.starts_with("pl-") => call.destination_prefix_list_id(list),
                ipv6 if ipv6.contains(':') => call.destination_ipv6_cidr_block(ipv6),
                ipv4 => call.destination_cidr_block(ipv4),
            };
            gone(call.send().await.map_err(fault))
        }
        Action::Associate { id, subnet_id } => {
            let answer = ec2
                .associate_route_table()
                .route_table_id(id)
                .subnet_id(subnet_id)
                .send()
                .await
                .map_err(fault)?;
            let association = answer
                .association_id
                .ok_or_else(|| incomplete("ec2:AssociateRouteTable", "AssociationId"))?;
            Ok(Some(created(association, None)))
        }
        Action::Reassociate {
            id,
            subnet_id: _,
            association_id,
        } => {
            let call = ec2
                .replace_route_table_association()
                .route_table_id(id)
                .association_id(association_id);
            let answer = call.send().await.map_err(fault)?;
            let missing = || incomplete("ec2:ReplaceRouteTableAssociation", "NewAssociationId");
            Ok(Some(created(answer.new_association_id.ok_or_else(missing)?, None)))
        }
        Action::Delete { id } => gone(ec2.delete_route_table().route_table_id(id).send().await.map_err(fault)),
    }
}

/// A route that is there already is a success when it has the same target; EC2's refusal does not
/// tell, so it is read.
async fn add_route(ec2: &Client, id: &str, destination: &str, transit_gateway: &str) -> Result<Option<Created>, Fault> {
    let call = ec2
        .create_route()
        .route_table_id(id)
        .destination_cidr_block(destination)
        .transit_gateway_id(transit_gateway);
    match call.send().await.map_err(fault) {
        Err(refusal) if refusal.kind == FaultKind::Conflict => {
            let tables = list(ec2, vec![filter(SEARCH.by_id, [id])])
                .await
                .map_err(|_| refusal.clone())?;
            let there = |table: &RouteTable| {
                table
                    .routes
                    .get(destination)
                    .is_some_and(|have| have == transit_gateway)
            };
            if tables.iter().any(there) {
                Ok(None)
            } else {
                Err(refusal)
            }
        }
        other => done(other),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{RouteTableAssociation, RouteTableAssociationState};

    use super::*;

    #[test]
    fn routes_are_read_with_any_destination_and_target() {
        let to = |builder: aws_sdk_ec2::types::builders::RouteBuilder| route(builder.build());
        let pair = |destination: &str, target: &str| Some((destination.to_owned(), target.to_owned()));
        assert_eq!(
            to(Route::builder()
                .destination_cidr_block("10.0.0.0/16")
                .gateway_id("local")),
            None
        );
        assert_eq!(
            to(Route::builder()
                .destination_cidr_block("10.9.0.0/16")
                .transit_gateway_id("tgw-1")),
            pair("10.9.0.0/16", "tgw-1")
        );
        assert_eq!(
            to(Route::builder()
                .destination_ipv6_cidr_block("::/0")
                .egress_only_internet_gateway_id("eigw-1")),
            pair("::/0", "eigw-1")
        );
        assert_eq!(
            to(Route::builder().destination_prefix_list_id("pl-1").gateway_id("vpce-1")),
            pair("pl-1", "vpce-1")
        );
        assert_eq!(
            to(Route::builder()
                .destination_cidr_block("0.0.0.0/0")
                .instance_id("i-1")
                .network_interface_id("eni-1")),
            pair("0.0.0.0/0", "eni-1")
        );
    }

    #[test]
    fn associations_that_end_do_not_count() {
        let state = |code| RouteTableAssociationState::builder().state(code).build();
        let table = aws_sdk_ec2::types::RouteTable::builder()
            .route_table_id("rtb-1")
            .vpc_id("vpc-1")
            .associations(
                RouteTableAssociation::builder()
                    .main(true)
                    .route_table_association_id("rtbassoc-0")
                    .build(),
            )
            .associations(
                RouteTableAssociation::builder()
                    .subnet_id("subnet-1")
                    .route_table_association_id("rtbassoc-1")
                    .build(),
            )
            .associations(
                RouteTableAssociation::builder()
                    .subnet_id("subnet-2")
                    .route_table_association_id("rtbassoc-2")
                    .association_state(state(RouteTableAssociationStateCode::Disassociating))
                    .build(),
            )
            .build();
        let table = read(table).expect("it has ids");
        assert!(table.main);
        assert_eq!(
            table.associations,
            BTreeMap::from([("subnet-1".to_owned(), "rtbassoc-1".to_owned())])
        );
    }
}

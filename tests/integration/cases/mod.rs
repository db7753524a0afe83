//! The cases, by what they are about.

mod adopt;
mod approvals;
mod backup;
mod conflicts;
mod converge;
mod coverage;
mod crash;
mod deletion;
mod drift;
mod events;
mod evidence;
mod faults;
mod files;
mod files_change;
mod files_sftp;
mod gates;
mod get;
mod guardrails;
mod installation;
mod matrix;
mod moves;
mod nonsense;
mod outages;
mod ownership;
mod pages;
mod plain;
mod plan;
mod probes;
mod rebuild;
mod resolver;
mod resolver_change;
mod restore;
mod shards;
mod templates;

pub use converge::{OSAKA, TOKYO};

use std::pin::Pin;

use crate::rig::{Outcome, Rig};

/// One case.
pub type Case = for<'a> fn(&'a Rig) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Names the async functions of a module as cases.
macro_rules! cases {
    ($($module:ident :: $name:ident),* $(,)?) => {
        vec![$((concat!(stringify!($module), "::", stringify!($name)), (|rig| Box::pin($module::$name(rig))) as Case)),*]
    };
}

/// All cases; the longest first, so that the others run beside them.
pub fn all() -> Vec<(&'static str, Case)> {
    cases![
        matrix::a_file_link_bucket_survives_a_kill_after_any_write,
        matrix::a_municipality_survives_a_kill_after_any_write,
        matrix::a_backup_policy_survives_a_kill_after_any_write,
        events::a_change_by_hand_is_repaired_within_seconds,
        guardrails::what_fails_is_told_and_holds_nothing_up,
        pages::a_page_is_shown_to_whom_the_api_server_lets_list_the_objects,
        evidence::what_was_approved_done_and_repaired_is_kept,
        shards::replicas_share_the_work_and_take_over,
        shards::another_division_waits_for_the_one_before,
        outages::a_holder_that_was_stopped_leaves_the_rest_to_the_next,
        outages::an_api_server_that_was_gone_is_taken_up_again,
        outages::a_crd_that_was_deleted_takes_nothing_with_it,
        outages::edits_in_every_step_make_nothing_twice,
        outages::throttled_calls_are_made_later,
        outages::watches_that_are_forgotten_begin_anew,
        outages::a_cache_that_is_late_makes_nothing_twice,
        outages::credentials_that_end_and_clocks_that_differ_are_lived_through,
        matrix::a_resolver_endpoint_survives_a_kill_after_any_write,
        installation::a_second_cluster_only_observes_until_it_takes_over,
        installation::without_its_lock_nothing_is_written,
        nonsense::a_municipality_outlives_nonsense,
        nonsense::a_bucket_outlives_nonsense,
        nonsense::a_policy_outlives_nonsense,
        nonsense::a_resolver_endpoint_outlives_nonsense,
        moves::all_four_kinds_are_moved_and_aws_stays_as_it_is,
        moves::what_takes_over_nothing_makes_nothing,
        plan::what_is_planned_is_what_is_done,
        plan::a_bucket_with_all_that_belongs_to_it_is_foreseen,
        plan::an_endpoint_with_its_rules_is_foreseen,
        plan::backups_that_are_due_are_no_change,
        plan::what_cannot_be_planned_is_said,
        probes::a_replica_is_ready_once_everything_is_listed,
        get::objects_are_listed_and_told,
        get::what_belongs_to_no_object_is_listed_and_stays,
        get::an_account_that_cannot_be_read_is_said,
        adopt::a_network_with_keys_and_a_bucket_is_adopted,
        adopt::an_endpoint_with_its_rules_is_adopted,
        adopt::what_is_tagged_for_backups_and_vpcs_by_tag_are_adopted,
        plain::a_municipality_stays_with_plain_moto,
        crash::killed_after_a_write_it_leaves_no_duplicate,
        crash::killed_while_addresses_change_it_never_strands_one,
        resolver::a_thousand_rules_cost_pages_and_no_call_each,
        backup::killed_after_any_write_no_copy_is_made_twice,
        restore::a_recovery_point_comes_back_to_tokyo_and_survives_kills,
        restore::another_environment_needs_an_exception,
        backup::a_restore_drill_is_measured_and_leaves_nothing,
        templates::templates_are_kept_as_they_were_handed_in_and_made_again,
        templates::who_may_not_read_templates_sees_the_other_recovery_points,
        templates::a_bucket_of_templates_is_repaired_and_goes_with_its_policy,
        backup::a_run_is_copied_verified_and_counted,
        backup::a_job_scheduler_asks_for_a_run_and_waits,
        backup::a_copy_that_fails_is_reported,
        coverage::what_no_policy_copies_is_listed_until_it_is_copied_or_excepted,
        backup::an_image_that_a_launch_template_uses_stays,
        rebuild::a_new_cluster_finds_everything_again,
        resolver::both_directions_with_rules_zones_and_a_log,
        resolver::rules_hold_in_another_account_while_it_accepts,
        resolver::an_endpoint_of_a_vendor_is_watched_and_never_changed,
        resolver::the_quota_is_seen_before_the_first_write,
        resolver_change::three_subnets_for_three_others_and_back,
        resolver_change::an_address_stays_until_its_forwarders_are_changed,
        resolver_change::what_is_changed_by_hand_is_repaired,
        resolver_change::a_broken_address_is_made_anew,
        resolver_change::deletion_goes_in_order_and_waits_for_others,
        files::a_bucket_with_every_setting_and_a_settled_one_costs_no_write,
        files::an_object_is_written_and_read_by_those_who_are_named_and_nobody_else,
        files::a_replica_in_osaka_under_the_osaka_key,
        files::a_missing_role_holds_up_nobody,
        files::a_role_of_another_municipality_needs_an_exception,
        files::a_broker_and_nobody_else_assumes_a_clients_role,
        files::roles_of_others_are_compared_and_never_written,
        files::providers_are_shared_and_go_with_the_last,
        files_change::every_setting_is_repaired,
        files_change::narrowing_in_production_waits_for_its_approval,
        files_change::an_expired_grant_ends_by_itself,
        files_change::deletion_keeps_revokes_or_deletes,
        files_sftp::a_closed_server_keeps_its_fingerprint_and_rotates_keys_without_a_gap,
        files_sftp::an_imported_host_key_outlives_its_server,
        files_sftp::a_shared_server_stays_while_others_are_on_it,
        converge::a_managed_network_with_its_keys,
        converge::a_settled_object_costs_no_write,
        converge::an_account_of_its_own_gets_ebs_defaults_and_keys_per_service,
        converge::an_existing_network_is_checked_and_never_changed,
        converge::the_network_operator_accepts_and_routes_appear,
        converge::a_changed_spec_is_followed,
        converge::key_users_end_with_their_last_day,
        conflicts::the_newcomer_of_two_alike_stalls,
        conflicts::overlapping_ranges_on_one_transit_gateway_stall_the_newcomer,
        conflicts::an_account_that_is_not_granted_is_not_touched,
        conflicts::a_role_that_cannot_be_assumed_is_said,
        conflicts::a_broken_spec_names_path_and_remedy,
        deletion::retain_leaves_aws_as_it_is,
        deletion::revoking_takes_access_and_keeps_data,
        deletion::deleting_quarantines_keys_and_a_new_object_restores_them,
        deletion::a_used_key_is_never_scheduled_for_deletion,
        deletion::editing_to_retain_releases_at_once,
        drift::every_property_is_repaired,
        drift::observe_reports_and_changes_nothing,
        drift::report_leaves_drift_alone,
        faults::an_unreadable_part_holds_up_only_itself,
        faults::a_service_control_policy_is_said_and_not_retried_hot,
        faults::an_answer_lost_after_success_makes_no_duplicate,
        approvals::every_party_has_to_agree_and_a_crash_asks_nobody_again,
        approvals::what_comes_to_a_plan_under_way_ends_its_approval,
        approvals::changes_wait_for_their_window,
        gates::a_freeze_holds_changes,
        gates::narrowing_in_production_waits_for_its_approval,
        gates::one_approval_carries_a_deletion_in_production_to_its_end,
        gates::a_plan_waits_for_its_approval,
        gates::a_key_is_disabled_only_with_todays_confirmation,
        gates::a_hold_is_taken_up_live,
        ownership::lost_tags_are_reported_and_nothing_is_created,
        ownership::a_stripped_municipality_is_not_made_again,
        ownership::a_stripped_bucket_is_not_made_again,
        ownership::a_stripped_policy_is_not_made_again,
        ownership::a_stripped_resolver_endpoint_is_not_made_again,
        ownership::an_existing_vpc_is_adopted,
        ownership::what_others_own_is_not_adopted,
    ]
}

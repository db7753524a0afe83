//! SFTP by Transfer Family: a server inside the VPC and its users. Never public, never FTP, never a
//! password.

pub mod host_key;
pub mod server;
pub mod user;

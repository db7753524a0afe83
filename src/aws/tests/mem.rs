use jichitai_aws::accounts::*;
fn rss() -> String { std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmRSS")).unwrap().to_owned() }
#[tokio::test]
async fn mem() {
    let accounts = Accounts::new().await;
    println!("{}", rss());
    for i in 0..200 {
        let access = AccountAccess { account: jichitai_plan::identity::AccountId::new("123456789012").unwrap(), role_arn: None, external_id: None, session_name: format!("{i}") };
        accounts.session(&access).await.unwrap();
        if i % 50 == 0 { println!("{i} {}", rss()); }
    }
    println!("{}", rss());
}

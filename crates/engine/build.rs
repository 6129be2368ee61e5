//! Says how the addon is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        // Node unloads addons that only a worker used. Ours stays: it is the handler of a signal.
        "linux" => println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete"),
        // The functions of Node-API are in the program that loads us.
        "macos" => println!("cargo::rustc-cdylib-link-arg=-Wl,-undefined,dynamic_lookup"),
        _ => {}
    }
}

//! Compiles the small C face of libvpx and links libvpx: statically where its archive is installed, so
//! that the one binary needs no libvpx at run time.

use std::path::Path;

fn main() {
    println!("cargo:rerun-if-changed=src/codec/libvpx.c");
    println!("cargo:rerun-if-changed=src/codec/vp8_encoder.c");
    let libvpx = match pkg_config::Config::new().cargo_metadata(false).atleast_version("1.8").probe("vpx") {
        Ok(libvpx) => libvpx,
        Err(error) => panic!("libvpx with its headers is needed (Debian and Ubuntu: libvpx-dev): {error}"),
    };
    cc::Build::new()
        .file("src/codec/libvpx.c")
        .file("src/codec/vp8_encoder.c")
        .includes(&libvpx.include_paths)
        .extra_warnings(true)
        .compile("viva_vpx");
    let folder = pkg_config::get_variable("vpx", "libdir").unwrap_or_default();
    if Path::new(&folder).join("libvpx.a").exists() {
        println!("cargo:rustc-link-search=native={folder}");
        println!("cargo:rustc-link-lib=static=vpx");
        println!("cargo:rustc-link-lib=m");
    } else {
        for path in &libvpx.link_paths {
            println!("cargo:rustc-link-search=native={}", path.display());
        }
        println!("cargo:rustc-link-lib=vpx");
    }
}

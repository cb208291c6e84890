//! `watchbill-devnode spec`: a chain specification made by the genesis builder of a runtime.

use sc_chain_spec::{ChainType, GenesisConfigBuilderRuntimeCaller, NoExtension};
use serde_json::Value;
use std::path::PathBuf;

/// A chain specification read from a file or made from a runtime; no extensions.
pub type ChainSpec = sc_chain_spec::GenericChainSpec<NoExtension, ()>;

/// Storage key of the runtime's code: `:code`.
const CODE_KEY: &str = "0x3a636f6465";

/// Stands where the code was left out. No runtime is empty, so a node refuses it at once.
const CODE_MARKER: &str = "0x";

/// Print the chain specification of a runtime and one of its genesis presets.
#[derive(Debug, Clone, clap::Args)]
pub struct SpecCmd {
    /// The runtime, as Wasm; compressed or not.
    #[arg(long, value_name = "FILE")]
    runtime: PathBuf,

    /// Genesis preset of that runtime.
    #[arg(long)]
    preset: String,

    /// Id of the chain: the name of its folder and of its network protocols.
    #[arg(long)]
    id: String,

    /// Name of the chain as people read it [default: the id].
    #[arg(long)]
    name: Option<String>,

    /// Print the genesis storage itself instead of the genesis configuration.
    #[arg(long)]
    raw: bool,

    /// Print the genesis storage with the marker "0x" in place of the runtime's code.
    #[arg(long)]
    without_code: bool,
}

impl SpecCmd {
    /// Builds the specification and prints it as JSON. The error says what to correct.
    pub fn run(&self) -> Result<(), String> {
        let code = std::fs::read(&self.runtime)
            .map_err(|e| format!("cannot read the runtime {}: {e}", self.runtime.display()))?;
        self.check_preset(&code)?;
        let spec = ChainSpec::builder(&code, NoExtension::None)
            .with_name(self.name.as_deref().unwrap_or(&self.id))
            .with_id(&self.id)
            .with_chain_type(ChainType::Local)
            .with_genesis_config_preset_name(&self.preset)
            .build();
        let json = spec.as_json(self.raw || self.without_code)?;
        println!(
            "{}",
            if self.without_code {
                without_code(&json)?
            } else {
                json
            }
        );
        Ok(())
    }

    /// The builder itself answers an unknown preset with a panic.
    fn check_preset(&self, code: &[u8]) -> Result<(), String> {
        let names = GenesisConfigBuilderRuntimeCaller::<()>::new(code)
            .preset_names()
            .map_err(|e| {
                let file = self.runtime.display();
                format!(
                    "{file} does not answer as a runtime with a genesis builder ({e}); pass the Wasm of one"
                )
            })?;
        match names.iter().any(|name| **name == *self.preset) {
            true => Ok(()),
            false => Err(format!(
                "the runtime has no preset `{}`; it has: {}",
                self.preset,
                names.join(", ")
            )),
        }
    }
}

/// A raw specification with [`CODE_MARKER`] instead of the runtime's code.
fn without_code(raw: &str) -> Result<String, String> {
    let mut spec: Value =
        serde_json::from_str(raw).map_err(|e| format!("the specification is not JSON: {e}"))?;
    let code = spec
        .pointer_mut("/genesis/raw/top")
        .and_then(|top| top.get_mut(CODE_KEY))
        .ok_or("the specification is not raw or holds no code; nothing to leave out")?;
    *code = Value::from(CODE_MARKER);
    serde_json::to_string_pretty(&spec).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn leaves_the_code_out_and_nothing_else() {
        let raw = json!({
            "id": "devnet",
            "genesis": { "raw": { "top": { "0x3a636f6465": "0x0061736d", "0x01": "0x02" }, "childrenDefault": {} } },
        });
        let stripped: Value = serde_json::from_str(&without_code(&raw.to_string()).unwrap()).unwrap();
        let mut expected = raw;
        expected["genesis"]["raw"]["top"]["0x3a636f6465"] = json!("0x");
        assert_eq!(stripped, expected);
    }

    #[test]
    fn the_key_is_that_of_the_code() {
        let key = format!("0x{}", hex::encode(sp_core::storage::well_known_keys::CODE));
        assert_eq!(CODE_KEY, key);
    }

    #[test]
    fn refuses_what_holds_no_code() {
        let plain = json!({ "genesis": { "runtimeGenesis": {} } }).to_string();
        assert!(without_code(&plain).unwrap_err().contains("no code"));
        let raw = json!({ "genesis": { "raw": { "top": {} } } }).to_string();
        assert!(without_code(&raw).unwrap_err().contains("no code"));
    }
}

export { nodeArguments } from './arguments.ts';
export { hardened } from './kubernetes/hardened.ts';
export { poolSelector, setName } from './kubernetes/names.ts';
export { setOfNode } from './kubernetes/set.ts';
export { homeOf, nodeFolder, sharedGroupOf, unitName, userOf } from './machine/layout.ts';
export { quoted } from './machine/unit.ts';
export { METADATA_DENIED } from './metadata-service.ts';
export { portsOf } from './ports.ts';
export { yamlText } from './render/objects.ts';

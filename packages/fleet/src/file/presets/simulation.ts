/** The inputs of a first simulation file. */
export interface SimulationBeginning {
  readonly name: string;
  /** Path of the node, from the folder of the file. */
  readonly command: string;
  /** A chain that the node knows, or a file with a specification. */
  readonly chain: { readonly name: string } | { readonly specFile: string };
  readonly args: readonly string[];
}

/**
 * A simulation to begin with: two validators and a node beside them, one of which is paused; with comments.
 * Pure.
 */
export function simulationYaml({ name, command, chain, args }: SimulationBeginning): string {
  const text = JSON.stringify;
  return `# A network of throw-away nodes, its steps, and its expectations. Its keys are well-known: //Alice for alice.
format: watchbill/simulation/1
name: ${text(name)}

settings: {timeoutSeconds: 300, startSeconds: 60}

relay:
  ${'name' in chain ? `chain: ${text(chain.name)}` : `specFile: ${text(chain.specFile)}`}
  command: ${text(command)}
${args.length === 0 ? '' : `  args: ${text(args)}\n`}  nodes:
    - {name: alice, validator: true}
    - {name: bob, validator: true}
    - {name: carol}

# In this order. The first that fails ends the run.
run:
  - {expect: finalised, atLeast: 2, withinSeconds: 60}
  - {do: pause, node: bob, at: {height: 5}}
  - {expect: height, atLeast: 8, withinSeconds: 60}
  - {do: resume, node: bob}
  - {expect: finalised, atLeast: 8, withinSeconds: 60}
  - {do: kill, node: carol}
  - {expect: peers, atLeast: 2, withinSeconds: 60}
`;
}

import type { Graph, MachineResource, Subject } from '../../graph/resource.ts';
import type { RenderedFile } from './rendered-file.ts';

/**
 * A folder for each machine, with the paths of that machine: units, the user and the folders, files, and the
 * digests of executables.
 */
export function systemdFiles({
  places,
  resources,
  network,
}: Pick<Graph, 'places' | 'resources' | 'network'>): readonly RenderedFile[] {
  const all = resources.filter((one) => one.target === 'machine');
  return places.flatMap(({ name }) => {
    const own = all.filter(({ place }) => place === name);
    return own.length === 0 ? [] : machineFiles(name, network, own);
  });
}

function machineFiles(
  machine: string,
  network: string,
  own: readonly MachineResource[],
): readonly RenderedFile[] {
  const users: string[] = [];
  const folders: string[] = [];
  const sums: string[] = [];
  const files: RenderedFile[] = [];
  for (const { body, subject } of own) {
    if (body.kind === 'user')
      users.push(`u ${body.name} - "${ownerText(network, subject)}" ${body.home} /usr/sbin/nologin`);
    else if (body.kind === 'directory') {
      // The unit of a node makes the folders of the node. If tmpfiles made them here at boot, a folder could
      // belong to the user of the node while its content does not.
      if (subject.node === null) folders.push(`d ${body.path} ${body.mode} ${body.owner} ${body.group} -`);
    } else if (body.kind === 'binary') sums.push(`${body.sha256}  ${body.path}`, `# from ${body.source}`);
    else if (body.kind === 'unit')
      files.push({ path: `${machine}/etc/systemd/system/${body.name}`, text: body.text });
    else files.push({ path: `${machine}${body.path}`, text: body.text });
  }
  const list = (lines: readonly string[]) => `${lines.join('\n')}\n`;
  return [
    { path: `${machine}/etc/sysusers.d/watchbill-${network}.conf`, text: list(users) },
    { path: `${machine}/etc/tmpfiles.d/watchbill-${network}.conf`, text: list(folders) },
    { path: `${machine}/SHA256SUMS`, text: list(sums) },
    ...files,
  ];
}

function ownerText(network: string, { node }: Subject): string {
  return node === null ? `Nodes of ${network}` : `Node ${node} of ${network}`;
}

import type { Graph } from '../../../graph/resource.ts';
import type { Provider } from '../../../network/infrastructure.ts';
import type { Network } from '../../../normalise/network.ts';
import { portsOf } from '../../ports.ts';
import type { RenderedFile } from '../rendered.ts';
import { awsModule } from './aws.ts';
import { azureModule } from './azure.ts';
import { digitaloceanModule } from './digitalocean.ts';
import { gcpModule } from './gcp.ts';
import { hetznerModule } from './hetzner.ts';
import type { CloudModule, CloudScene } from './scene.ts';

const MODULES: Readonly<Record<Provider, (scene: CloudScene) => CloudModule>> = {
  gcp: gcpModule,
  aws: awsModule,
  azure: azureModule,
  digitalocean: digitaloceanModule,
  hetzner: hetznerModule,
};

/** Name under which Terraform knows the provider. */
const LOCAL_NAMES: Readonly<Record<Provider, string>> = {
  gcp: 'google',
  aws: 'aws',
  azure: 'azurerm',
  digitalocean: 'digitalocean',
  hetzner: 'hcloud',
};

/** A module in Terraform's JSON for each cluster that says what it is built on. OpenTofu reads it too. */
export function terraformFiles(network: Network, { places }: Pick<Graph, 'places'>): readonly RenderedFile[] {
  return places.flatMap(({ name }) => {
    const infrastructure = network.file.clusters?.[name]?.infrastructure;
    if (infrastructure === undefined) return [];
    const scene: CloudScene = {
      network: network.name,
      cluster: name,
      infrastructure,
      p2pPorts: openPorts(network, name),
    };
    const { source, version, provider, resource, data, output } = MODULES[infrastructure.provider](scene);
    const module = {
      terraform: {
        required_version: '>= 1.6.0',
        required_providers: { [LOCAL_NAMES[infrastructure.provider]]: { source, version } },
      },
      provider,
      ...(data === undefined ? {} : { data }),
      resource,
      output,
    };
    return [{ path: `${name}/main.tf.json`, text: `${JSON.stringify(module, null, 2)}\n` }];
  });
}

/** Ports at which pools of a cluster want to be reached by peers from anywhere. */
function openPorts({ pools }: Network, place: string): readonly number[] {
  const ports = pools
    .flatMap(({ nodes }) => nodes)
    .filter((node) => node.place === place && node.settings.exposure.p2p !== 'none')
    .map((node) => portsOf(node, 'kubernetes').p2p);
  return [...new Set(ports)].sort((one, other) => one - other);
}

import type { Json } from '@watchbill/kit';
import {
  at,
  containersOf,
  flagValue,
  halves,
  isSigner,
  podTemplate,
  processesOf,
  records,
  selects,
} from '../../graph/process.ts';
import type { KubernetesResource, Resource } from '../../graph/resource.ts';
import type { Breach } from './breach.ts';

const OPEN = ['--rpc-external', '--unsafe-rpc-external', '--ws-external', '--unsafe-ws-external'];
const NEVER = [
  '--unsafe-rpc-external',
  '--unsafe-ws-external',
  '--rpc-allow-unsafe',
  '--dev',
  '--experimental-rpc-endpoint',
];
const DEFAULT_RPC_PORT = 9944;

/** Unsafe methods, and all methods of a signer, are on loopback, and no object leads there from elsewhere. */
export function unsafeRpc(resources: readonly Resource[]): readonly Breach[] {
  return [
    ...resources.flatMap((resource) => [...toldToOpen(resource), ...sharedLoopback(resource)]),
    ...waysIn(resources.filter((resource) => resource.target === 'kubernetes')),
  ].map(({ resourceId, what }) => ({ invariant: 'unsafe-rpc', resourceId, what }));
}

type Found = Omit<Breach, 'invariant'>;

function toldToOpen(resource: Resource): readonly Found[] {
  const signer = isSigner(resource);
  return processesOf(resource).flatMap(({ words }) =>
    halves(words).flatMap((half): readonly Found[] => {
      const found = (what: string): Found => ({ resourceId: resource.id, what });
      const never = NEVER.find((flag) => flagValue(half, flag) !== undefined);
      if (never !== undefined) return [found(`a node has the argument ${never}`)];
      const methods = flagValue(half, '--rpc-methods');
      if (methods?.toLowerCase() === 'unsafe')
        return [found('a node serves unsafe methods wherever it listens')];
      if (!OPEN.some((flag) => flagValue(half, flag) !== undefined)) return [];
      if (signer) return [found('the RPC of a signer listens outside')];
      return methods?.toLowerCase() === 'safe'
        ? []
        : [found('a node that listens outside does not serve safe methods alone')];
    }),
  );
}

/** Others in the pod, or on the host, would share the loopback of a signer. */
function sharedLoopback(resource: Resource): readonly Found[] {
  const template = podTemplate(resource);
  if (template === null) return [];
  const found = (what: string): readonly Found[] => [{ resourceId: resource.id, what }];
  if (at(template, 'spec', 'hostNetwork') === true)
    return found('its pods would share the loopback of the host');
  const ports = containersOf(template).flatMap((container) => records(container.ports));
  if (ports.some(({ hostPort }) => hostPort !== undefined))
    return found('a port of the host would lead into its pods');
  if (isSigner(resource) && containersOf(template).length !== 1)
    return found('another container would share the loopback of a signer');
  return [];
}

/** Services that lead to the RPC of a signer. Routes and gateways lead to Services. */
function waysIn(resources: readonly KubernetesResource[]): readonly Found[] {
  const signers = resources.filter((resource) => podTemplate(resource) !== null && isSigner(resource));
  const services = resources.filter(({ kind }) => kind === 'Service');
  return services.flatMap((service) => {
    const led = signers.find(
      (signer) =>
        signer.place === service.place &&
        selects(at(service.body, 'spec', 'selector'), signer) &&
        leadsIn(service, signer),
    );
    return led === undefined
      ? []
      : [{ resourceId: service.id, what: `it leads to the RPC of ${led.name}, which signs` }];
  });
}

function leadsIn(service: KubernetesResource, signer: KubernetesResource): boolean {
  const told = processesOf(signer).flatMap(({ words }) =>
    halves(words).map((half) => flagValue(half, '--rpc-port')),
  );
  const rpc = new Set([`${DEFAULT_RPC_PORT}`, ...told.map(String)]);
  return records(at(service.body, 'spec', 'ports')).some((port) => {
    const target: Json | undefined = port.targetPort ?? port.port;
    return rpc.has(String(target)) || /rpc/.test(String(target));
  });
}

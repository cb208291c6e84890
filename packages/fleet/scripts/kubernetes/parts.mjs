// The programs that the tests of fleet run against, and their sources: Go modules, unmodified, pinned by
// `module/*/go.mod` and `module/*/go.sum`. A part is built and kept by itself, so that a new helm does not
// build the API server again.

/**
 * One program and the package it is built from.
 * @typedef {object} Part
 * @property {string} name folder under `module`
 * @property {Readonly<Record<string, string>>} programs
 * @property {string} linkerFlags
 * @property {readonly string[]} [stages] files of the first module that are joined into `stages.yaml`
 * @property {string} [stagesOf] module the stages are taken from
 * @property {Readonly<Record<string, string>>} [copies] files beside the programs, and where they are in a
 *   module
 * @property {string} [copiesOf] module the copies are taken from
 */

const KUBERNETES = 'v1.36.3';
const SNAPSHOTTER = 'github.com/kubernetes-csi/external-snapshotter';
const VERSION_PACKAGES = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];

/** The build of Kubernetes sets these; without them the server calls itself v0.0.0 and clients refuse it. */
function kubernetesVersion() {
  const values = {
    gitVersion: KUBERNETES,
    gitMajor: '1',
    gitMinor: '36',
    gitTreeState: 'clean',
    gitCommit: 'unknown',
    buildDate: '2026-01-01T00:00:00Z',
  };
  return VERSION_PACKAGES.flatMap((path) =>
    Object.entries(values).map(([name, value]) => `-X ${path}.${name}=${value}`),
  ).join(' ');
}

/** @type {readonly Part[]} */
export const PARTS = [
  {
    name: 'kubernetes',
    programs: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
    },
    linkerFlags: `-s -w ${kubernetesVersion()}`,
  },
  {
    name: 'kwok',
    programs: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
    linkerFlags: '-s -w -X sigs.k8s.io/kwok/pkg/consts.Version=v0.8.0',
    // kwok does nothing without stages: those that its own module ships for nodes, pods that end, and
    // volumes.
    stagesOf: 'sigs.k8s.io/kwok',
    stages: [
      'node/fast/node-initialize.yaml',
      'node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
      'pod/fast/pod-complete.yaml',
      'pod/fast/pod-delete.yaml',
      ...['pv-bind', 'pv-delete', 'pvc-provision', 'pvc-delete'].map((name) => `volume/fast/${name}.yaml`),
    ].map((path) => `kustomize/stage/${path}`),
  },
  {
    // Its kinds are read from its client module, which has only them.
    name: 'snapshots',
    programs: { 'snapshot-controller': `${SNAPSHOTTER}/v8/cmd/snapshot-controller` },
    linkerFlags: '-s -w -X main.version=v8.7.0',
    copiesOf: `${SNAPSHOTTER}/client/v8`,
    copies: Object.fromEntries(
      ['volumesnapshotclasses', 'volumesnapshotcontents', 'volumesnapshots'].map((plural) => [
        `${plural}.yaml`,
        `config/crd/snapshot.storage.k8s.io_${plural}.yaml`,
      ]),
    ),
  },
  {
    name: 'kubeconform',
    programs: { kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform' },
    linkerFlags: '-s -w -X main.version=v0.8.0',
  },
  {
    name: 'helm',
    programs: { helm: 'helm.sh/helm/v4/cmd/helm' },
    linkerFlags: '-s -w -X helm.sh/helm/v4/internal/version.version=v4.3.1',
  },
];

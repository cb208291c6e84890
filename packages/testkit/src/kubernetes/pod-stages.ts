/** An image whose name contains this never becomes ready: a test uses it to break a release. */
export const NEVER_READY = 'never-ready';

/**
 * kwok's stages for a pod that has a node: it is running and ready at once, or running and never ready if the
 * image of its first container says so. No containers run in either.
 */
export function podStages(): string {
  return [stage('pod-ready', 'fine', 'True'), stage('pod-never-ready', 'broken', 'False')].join('---\n');
}

/** Every port of every pod leads to this one of this machine. */
export function podForward(port: number): string {
  return `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterPortForward
metadata:
  name: pods
spec:
  forwards:
  - target: { address: 127.0.0.1, port: ${port} }
`;
}

function stage(name: string, fate: string, ready: 'True' | 'False'): string {
  const isReady = ready === 'True';
  return `apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: ${name}
spec:
  resourceRef:
    apiGroup: v1
    kind: Pod
  selector:
    matchExpressions:
    - key: '.metadata.deletionTimestamp'
      operator: 'DoesNotExist'
    - key: '.status.phase'
      operator: 'In'
      values: ['Pending']
    - key: '.spec.containers[0].image | if test("${NEVER_READY}") then "broken" else "fine" end'
      operator: 'In'
      values: ['${fate}']
  next:
    statusTemplate: |
      {{ $now := Now }}
      phase: Running
      startTime: {{ $now | Quote }}
      conditions:
      - { type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }} }
      - { type: ContainersReady, status: "${ready}", lastTransitionTime: {{ $now | Quote }} }
      - { type: Ready, status: "${ready}", lastTransitionTime: {{ $now | Quote }} }
      initContainerStatuses:
      {{ range .spec.initContainers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: true
        restartCount: 0
        state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }} } }
      {{ end }}
      containerStatuses:
      {{ range .spec.containers }}
      - name: {{ .name | Quote }}
        image: {{ .image | Quote }}
        ready: ${isReady}
        started: ${isReady}
        restartCount: 0
        state: { running: { startedAt: {{ $now | Quote }} } }
      {{ end }}
`;
}

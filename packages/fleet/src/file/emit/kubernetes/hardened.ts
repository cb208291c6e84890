import type { IContainer, IVolumeMount } from 'kubernetes-models/v1';

/** A container with minimal rights. */
export function hardened(image: string, name: string, volumeMounts: IVolumeMount[]): IContainer {
  return {
    name,
    image,
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts,
  };
}

export { RotationFault, type RotationFaultCode } from './fault.ts';
export { readRotation } from './file.ts';
export {
  type FollowOptions,
  followRotation,
  openRotation,
  type RotationParts,
  registeringCall,
} from './rotate.ts';
export {
  ROTATION_STOPS,
  type Rotation,
  type RotationFacts,
  type RotationNote,
  rotationShape,
  stepRotation,
} from './rotation.ts';

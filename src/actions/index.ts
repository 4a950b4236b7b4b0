// The members of the family: one action per verb of core/action.ts.
import { annotate } from './annotate.ts'
import { apply } from './apply.ts'
import { cordon } from './cordon.ts'
import { create } from './create.ts'
import { createHpa } from './create-hpa.ts'
import { createJob } from './create-job.ts'
import { deleteObject } from './delete.ts'
import { deleteHpa } from './delete-hpa.ts'
import { deleteNamespace } from './delete-namespace.ts'
import { deletePod } from './delete-pod.ts'
import { drain } from './drain.ts'
import { evict } from './evict.ts'
import { growPvc } from './grow-pvc.ts'
import { label } from './label.ts'
import { patch } from './patch.ts'
import { pause } from './pause.ts'
import { quarantine } from './quarantine.ts'
import { restart } from './restart.ts'
import { resume } from './resume.ts'
import { rollback } from './rollback.ts'
import { scale } from './scale.ts'
import { setEnv } from './set-env.ts'
import { setImage } from './set-image.ts'
import { setResources } from './set-resources.ts'
import { suspend } from './suspend.ts'
import { taint } from './taint.ts'
import { uncordon } from './uncordon.ts'
import { unquarantine } from './unquarantine.ts'
import { unsuspend } from './unsuspend.ts'
import { updateHpa } from './update-hpa.ts'

/** In the order of core/action.ts. */
export const ACTIONS = [
  scale,
  setResources,
  createHpa,
  updateHpa,
  deleteHpa,
  quarantine,
  unquarantine,
  restart,
  rollback,
  pause,
  resume,
  setImage,
  setEnv,
  deletePod,
  evict,
  cordon,
  uncordon,
  drain,
  taint,
  label,
  annotate,
  patch,
  apply,
  create,
  deleteObject,
  createJob,
  suspend,
  unsuspend,
  growPvc,
  deleteNamespace,
] as const

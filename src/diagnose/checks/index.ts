// Every check, alphabetically: one import and one line each.
import type { Check } from '../check.ts'
import { appAuthRejected } from './app-auth-rejected.ts'
import { appCannotConnect } from './app-cannot-connect.ts'
import { appCloudDenied } from './app-cloud-denied.ts'
import { appCommandMissing } from './app-command-missing.ts'
import { appConfigRefused } from './app-config-refused.ts'
import { appDataDamaged } from './app-data-damaged.ts'
import { appDiskFull } from './app-disk-full.ts'
import { appDnsFailure } from './app-dns-failure.ts'
import { appEnvMissing } from './app-env-missing.ts'
import { appFileMissing } from './app-file-missing.ts'
import { appLicence } from './app-licence.ts'
import { appLocked } from './app-locked.ts'
import { appMigrationFailed } from './app-migration-failed.ts'
import { appOptionUnknown } from './app-option-unknown.ts'
import { appOutOfMemory } from './app-out-of-memory.ts'
import { appPermissionDenied } from './app-permission-denied.ts'
import { appPoolExhausted } from './app-pool-exhausted.ts'
import { appPortTaken } from './app-port-taken.ts'
import { appRateLimited } from './app-rate-limited.ts'
import { appRbacDenied } from './app-rbac-denied.ts'
import { appRunsAsRoot } from './app-runs-as-root.ts'
import { appTlsFailure } from './app-tls-failure.ts'
import { appWatchLimit } from './app-watch-limit.ts'
import { appWrongArchitecture } from './app-wrong-architecture.ts'
import { argoApplication } from './argo-application.ts'
import { certificateNotReady } from './certificate-not-ready.ts'
import { chaosExperiment } from './chaos-experiment.ts'
import { claimLost } from './claim-lost.ts'
import { claimPending } from './claim-pending.ts'
import { configMissing } from './config-missing.ts'
import { containerStart } from './container-start.ts'
import { crashLoop } from './crash-loop.ts'
import { creationDenied } from './creation-denied.ts'
import { creationPodSecurity } from './creation-pod-security.ts'
import { creationQuota } from './creation-quota.ts'
import { creationServiceAccount } from './creation-service-account.ts'
import { cronjobNotRunning } from './cronjob-not-running.ts'
import { cronjobPilesUp } from './cronjob-piles-up.ts'
import { customResource } from './custom-resource.ts'
import { customResourceDefinition } from './custom-resource-definition.ts'
import { daemonsetNowhere } from './daemonset-nowhere.ts'
import { deprecatedApi } from './deprecated-api.ts'
import { disruptionBudget } from './disruption-budget.ts'
import { disruptionBudgetSelector } from './disruption-budget-selector.ts'
import { dnsDown } from './dns-down.ts'
import { dnsUpstream } from './dns-upstream.ts'
import { fluxSync } from './flux-sync.ts'
import { gateway } from './gateway.ts'
import { gatewayRoute } from './gateway-route.ts'
import { hpaMaximum } from './hpa-maximum.ts'
import { hpaMetrics } from './hpa-metrics.ts'
import { hpaTarget } from './hpa-target.ts'
import { imagePull } from './image-pull.ts'
import { ingressBackend } from './ingress-backend.ts'
import { ingressClass } from './ingress-class.ts'
import { ingressConflict } from './ingress-conflict.ts'
import { ingressController } from './ingress-controller.ts'
import { ingressTls } from './ingress-tls.ts'
import { initStuck } from './init-stuck.ts'
import { issuerNotReady } from './issuer-not-ready.ts'
import { jobFailed } from './job-failed.ts'
import { lifecycleHook } from './lifecycle-hook.ts'
import { limitRange } from './limit-range.ts'
import { loadBalancerPending } from './load-balancer-pending.ts'
import { meshDenied } from './mesh-denied.ts'
import { meshMutualTls } from './mesh-mutual-tls.ts'
import { meshRoute } from './mesh-route.ts'
import { metricsApi } from './metrics-api.ts'
import { metricsServer } from './metrics-server.ts'
import { namespaceTerminating } from './namespace-terminating.ts'
import { networkPolicyBlocks } from './network-policy-blocks.ts'
import { networkPolicyDns } from './network-policy-dns.ts'
import { nodeCordoned } from './node-cordoned.ts'
import { nodeEvictions } from './node-evictions.ts'
import { nodeGone } from './node-gone.ts'
import { nodeNetwork } from './node-network.ts'
import { nodeNotReady } from './node-not-ready.ts'
import { nodePressure } from './node-pressure.ts'
import { nodeSystemOom } from './node-system-oom.ts'
import { nodeUnseen } from './node-unseen.ts'
import { oomLimit } from './oom-limit.ts'
import { oomUnlimited } from './oom-unlimited.ts'
import { plantedInstructions } from './planted-instructions.ts'
import { podFailed } from './pod-failed.ts'
import { podRefused } from './pod-refused.ts'
import { podResize } from './pod-resize.ts'
import { podSandbox } from './pod-sandbox.ts'
import { preempted } from './preempted.ts'
import { probeFailing } from './probe-failing.ts'
import { quotaNear } from './quota-near.ts'
import { readinessGate } from './readiness-gate.ts'
import { replicasShort } from './replicas-short.ts'
import { roleBinding } from './role-binding.ts'
import { rolloutStuck } from './rollout-stuck.ts'
import { schedulingCordon } from './scheduling-cordon.ts'
import { schedulingGates } from './scheduling-gates.ts'
import { schedulingLimits } from './scheduling-limits.ts'
import { schedulingNeighbours } from './scheduling-neighbours.ts'
import { schedulingNodeLabels } from './scheduling-node-labels.ts'
import { schedulingResources } from './scheduling-resources.ts'
import { schedulingSpread } from './scheduling-spread.ts'
import { schedulingTaints } from './scheduling-taints.ts'
import { schedulingVolumes } from './scheduling-volumes.ts'
import { secretStore } from './secret-store.ts'
import { serviceEndpoints } from './service-endpoints.ts'
import { serviceExternalName } from './service-external-name.ts'
import { serviceLoopback } from './service-loopback.ts'
import { serviceOfSet } from './service-of-set.ts'
import { serviceSelector } from './service-selector.ts'
import { serviceTargetPort } from './service-target-port.ts'
import { storageClass } from './storage-class.ts'
import { stuckDeletion } from './stuck-deletion.ts'
import { tlsExpired } from './tls-expired.ts'
import { volumeAttach } from './volume-attach.ts'
import { volumeFull } from './volume-full.ts'
import { volumeResize } from './volume-resize.ts'
import { wasteClaims } from './waste-claims.ts'
import { wasteFinished } from './waste-finished.ts'
import { wasteIdle } from './waste-idle.ts'
import { wasteOrphans } from './waste-orphans.ts'
import { wasteOverprovisioned } from './waste-overprovisioned.ts'
import { webhookBackend } from './webhook-backend.ts'
import { webhookDown } from './webhook-down.ts'

export const CHECKS: readonly Check[] = [
  appAuthRejected,
  appCannotConnect,
  appCloudDenied,
  appCommandMissing,
  appConfigRefused,
  appDataDamaged,
  appDiskFull,
  appDnsFailure,
  appEnvMissing,
  appFileMissing,
  appLicence,
  appLocked,
  appMigrationFailed,
  appOptionUnknown,
  appOutOfMemory,
  appPermissionDenied,
  appPoolExhausted,
  appPortTaken,
  appRateLimited,
  appRbacDenied,
  appRunsAsRoot,
  appTlsFailure,
  appWatchLimit,
  appWrongArchitecture,
  argoApplication,
  certificateNotReady,
  chaosExperiment,
  claimLost,
  claimPending,
  configMissing,
  containerStart,
  crashLoop,
  creationDenied,
  creationPodSecurity,
  creationQuota,
  creationServiceAccount,
  cronjobNotRunning,
  cronjobPilesUp,
  customResource,
  customResourceDefinition,
  daemonsetNowhere,
  deprecatedApi,
  disruptionBudget,
  disruptionBudgetSelector,
  dnsDown,
  dnsUpstream,
  fluxSync,
  gateway,
  gatewayRoute,
  hpaMaximum,
  hpaMetrics,
  hpaTarget,
  imagePull,
  ingressBackend,
  ingressClass,
  ingressConflict,
  ingressController,
  ingressTls,
  initStuck,
  issuerNotReady,
  jobFailed,
  lifecycleHook,
  limitRange,
  loadBalancerPending,
  meshDenied,
  meshMutualTls,
  meshRoute,
  metricsApi,
  metricsServer,
  namespaceTerminating,
  networkPolicyBlocks,
  networkPolicyDns,
  nodeCordoned,
  nodeEvictions,
  nodeGone,
  nodeNetwork,
  nodeNotReady,
  nodePressure,
  nodeSystemOom,
  nodeUnseen,
  oomLimit,
  oomUnlimited,
  plantedInstructions,
  podFailed,
  podRefused,
  podResize,
  podSandbox,
  preempted,
  probeFailing,
  quotaNear,
  readinessGate,
  replicasShort,
  roleBinding,
  rolloutStuck,
  schedulingCordon,
  schedulingGates,
  schedulingLimits,
  schedulingNeighbours,
  schedulingNodeLabels,
  schedulingResources,
  schedulingSpread,
  schedulingTaints,
  schedulingVolumes,
  secretStore,
  serviceEndpoints,
  serviceExternalName,
  serviceLoopback,
  serviceOfSet,
  serviceSelector,
  serviceTargetPort,
  storageClass,
  stuckDeletion,
  tlsExpired,
  volumeAttach,
  volumeFull,
  volumeResize,
  wasteClaims,
  wasteFinished,
  wasteIdle,
  wasteOrphans,
  wasteOverprovisioned,
  webhookBackend,
  webhookDown,
]

// Tables and the state of a pod as kubectl prints them.
import type { KubeObject } from '../../objects/object.ts'

/** Columns padded to their widest cell, three spaces between. */
export function table(rows: string[][]): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

interface State {
  waiting?: { reason?: string }
  terminated?: { reason?: string; exitCode?: number; signal?: number }
  running?: object
}

/** The STATUS column of `kubectl get pods`. */
export function podStatus(pod: KubeObject): string {
  let status: string = pod.status?.reason ?? pod.status?.phase ?? 'Unknown'
  const inits: { state?: State; ready?: boolean; started?: boolean; name: string }[] =
    pod.status?.initContainerStatuses ?? []
  for (const [at, init] of inits.entries()) {
    if (init.state?.terminated?.exitCode === 0) continue
    const sidecar =
      pod.spec?.initContainers?.find((item: { name: string }) => item.name === init.name)?.restartPolicy === 'Always'
    if (sidecar && init.started) continue
    const reason = init.state?.terminated ? ended(init.state.terminated) : init.state?.waiting?.reason
    return reason && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${at}/${inits.length}`
  }
  const containers: { state?: State; ready?: boolean }[] = pod.status?.containerStatuses ?? []
  let running = false
  for (const container of containers.toReversed()) {
    if (container.state?.waiting?.reason) status = container.state.waiting.reason
    else if (container.state?.terminated) status = ended(container.state.terminated)
    else if (container.ready && container.state?.running) running = true
  }
  if (status === 'Completed' && running) status = 'Running'
  if (pod.metadata.deletionTimestamp) return pod.status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating'
  return status
}

function ended(state: { reason?: string; exitCode?: number; signal?: number }): string {
  if (state.reason) return state.reason
  return state.signal ? `Signal:${state.signal}` : `ExitCode:${state.exitCode ?? 0}`
}

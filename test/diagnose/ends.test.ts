// How containers end, for how long they have done so, and when they have recovered.
import { describe, expect, test } from 'vitest'
import { ago, app, CRASH, crashing, diagnoseWorld, ended, event, rootNames, roots, wordsOf } from './build.ts'

describe('how a container ends, when its log says nothing known', () => {
  const rows: [code: number, reason: string, word: RegExp][] = [
    [0, 'Completed', /ends normally/],
    [1, 'Error', /exit 1/],
    [2, 'Error', /exit 2.*wrong use/],
    [126, 'Error', /may not be executed/],
    [127, 'Error', /not found in the image/],
    [134, 'Error', /aborted/],
    [137, 'Error', /SIGKILL/],
    [139, 'Error', /segmentation fault/],
    [143, 'Error', /SIGTERM/],
  ]
  for (const [code, reason, word] of rows) {
    test(`exit ${code}`, () => {
      const made = app('api', { state: CRASH, lastState: ended(code, reason), restarts: 5 })
      const diagnosis = diagnoseWorld(made.objects)
      expect(rootNames(diagnosis)).toEqual(['Deployment/api crash-loop'])
      expect(wordsOf(roots(diagnosis)[0])).toMatch(word)
    })
  }

  test('all pods of a workload are one finding', () => {
    const made = app('api', { replicas: 12, state: CRASH, lastState: ended(1), restarts: 3 })
    const [root, ...more] = roots(diagnoseWorld(made.objects))
    expect(more).toEqual([])
    expect(root?.summary).toMatch(/12 of 12 pods crash-looping for 30 min \(36 restarts\)/)
  })

  test('one old restart is nothing', () => {
    const made = app('api')
    made.pods[0]!.status.containerStatuses[0] = {
      ...made.pods[0]!.status.containerStatuses[0],
      restartCount: 1,
      lastState: ended(1, 'Error', 60 * 24 * 9),
    }
    expect(diagnoseWorld(made.objects).findings).toEqual([])
  })

  test('a program that fails over itself is told so, and no configuration is blamed', () => {
    const says = (log: string, code: number) => {
      const made = crashing('api', log, { exit: code })
      const diagnosis = diagnoseWorld(made.objects, made.logs)
      expect(rootNames(diagnosis)).toEqual(['Deployment/api crash-loop'])
      return wordsOf(roots(diagnosis)[0])
    }
    const panic =
      'INFO config loaded\npanic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x8f2a44]\n\ngoroutine 1 [running]:'
    expect(says(panic, 2)).toMatch(/exit 2, the program fails over a fault of its own.*nil pointer dereference/)
    expect(says(panic, 2)).not.toMatch(/configuration|command or option/)
    expect(says("TypeError: Cannot read properties of undefined (reading 'id')", 1)).toMatch(/fault of its own/)
    expect(says('ERROR quota table is empty', 1)).not.toMatch(/fault of its own/)
  })
})

describe('how long it has been so', () => {
  /** A pod without a readiness probe is ready for a moment at each start: here a minute ago. */
  const looping = (firstMinutes: number, lastMinutes: number, reason = 'BackOff') => {
    const made = crashing('api', 'ERROR no', { replicas: 1 })
    const [pod] = made.app.pods
    pod!.status.conditions[0].lastTransitionTime = ago(1)
    const said = event(pod!, reason, 'Back-off restarting failed container api in pod api', {
      firstTimestamp: ago(firstMinutes),
      lastTimestamp: ago(lastMinutes),
    })
    return roots(diagnoseWorld([...made.objects, said], made.logs))[0]?.summary
  }

  test('a crash loop is as old as the first of its back-offs, whenever it was ready for a moment', () => {
    expect(looping(40, 0.5)).toMatch(/crash-looping for 40 min /)
  })

  test('a loop that was over long before does not count, nor do other events', () => {
    expect(looping(50, 45)).toMatch(/crash-looping for 60 s /)
    expect(looping(40, 0.5, 'Unhealthy')).toMatch(/crash-looping for 60 s /)
  })

  test('the back-off of an image that is pulled again is no crash loop', () => {
    const made = app('api', { replicas: 1, state: CRASH, lastState: ended(1), restarts: 3 })
    const [pod] = made.pods
    pod!.status.conditions[0].lastTransitionTime = ago(1)
    const pull = event(pod!, 'BackOff', 'Back-off pulling image "api:1"', { firstTimestamp: ago(40) })
    expect(roots(diagnoseWorld([...made.objects, pull]))[0]?.summary).toMatch(/crash-looping for 60 s /)
  })
})

test('a container that has outlived its last run by far has recovered, one that just started has not', () => {
  const running = (minutes: number, lastedS = 4) => {
    const finished = Date.parse(ago(minutes + 2))
    const made = app('api', {
      state: { running: { startedAt: ago(minutes) } },
      lastState: {
        terminated: {
          exitCode: 1,
          reason: 'Error',
          startedAt: new Date(finished - lastedS * 1000).toISOString(),
          finishedAt: new Date(finished).toISOString(),
        },
      },
      restarts: 7,
      replicas: 1,
    })
    for (const pod of made.pods)
      for (const status of pod.status.containerStatuses) Object.assign(status, { ready: true, started: true })
    Object.assign(made.workload.status, { readyReplicas: 1, availableReplicas: 1 })
    return rootNames(diagnoseWorld(made.objects))
  }
  expect(running(0.5)).toEqual(['Deployment/api crash-loop'])
  expect(running(2)).toEqual([])
  // two minutes are nothing to a program that always lasts three
  expect(running(2, 180)).toEqual(['Deployment/api crash-loop'])
})

import { defineConfig } from 'vitest/config'

// Suites start real servers (Redis, HTTP, WebSocket) on free loopback ports; much of their time is waiting, so three workers suit a 2-core machine.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Stories of real processes, sockets and clocks on a busy machine: one that fails there is tried once more, and is listed with its retry. At a desk none is.
    retry: process.env.CI ? 1 : 0,
    setupFiles: ['test/setup.ts'],
  },
})

// Reads multipart/form-data as Discord takes it: `payload_json` and `files[n]`.

export interface Attachment {
  filename: string
  description?: string
  data: Buffer
}

export interface Parts {
  json: unknown
  files: Map<number, Attachment>
}

/** undefined when the body is not what its content type says. */
export function readMultipart(contentType: string, body: Buffer): Parts | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/.exec(contentType)
  if (!boundary) return undefined
  const mark = Buffer.from(`--${boundary[1] ?? boundary[2]}`)
  const parts: Parts = { json: {}, files: new Map() }
  let at = body.indexOf(mark)
  while (at >= 0) {
    const start = at + mark.length + 2
    const end = body.indexOf(mark, start)
    if (end < 0) break
    const part = body.subarray(start, end - 2)
    const split = part.indexOf('\r\n\r\n')
    if (split < 0) return undefined
    const head = part.subarray(0, split).toString()
    const data = Buffer.from(part.subarray(split + 4))
    const name = /name="([^"]*)"/.exec(head)?.[1] ?? ''
    const file = /^files\[(\d+)\]$/.exec(name)
    if (name === 'payload_json') parts.json = JSON.parse(data.toString())
    else if (file) parts.files.set(Number(file[1]), { filename: /filename="([^"]*)"/.exec(head)?.[1] ?? 'file', data })
    at = end
  }
  return parts
}

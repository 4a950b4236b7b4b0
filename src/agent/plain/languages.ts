// The words of other languages that questions about a cluster are made of, put into English word by word: enough for the patterns, no translation.
// Names and everything unknown stay as they are. A sentence without a word that only the other language has is left alone.

interface Language {
  /** words that tell the language: none that are English, or a name somewhere (`de`, `los`, `os`, `est`); `_` joins two */
  signs: readonly string[]
  /** up to four words of it, in English */
  words: ReadonlyMap<string, string>
}

/** `a, b = english; c = …`: the words of one meaning, by commas. */
function language(signs: string, book: string): Language {
  const entries = book.split(';').flatMap((line) => {
    const [words = '', english = ''] = line.split('=')
    return words.split(',').map((word) => [word.trim(), english.trim()] as const)
  })
  return {
    signs: signs.split(/\s+/).map((sign) => ` ${sign.replace('_', ' ')} `),
    words: new Map(entries.filter(([word]) => word !== '')),
  }
}

const LANGUAGES: readonly Language[] = [
  language(
    'warum wieso weshalb zeig zeige zeigt ist sind kaputt nicht bitte welche läuft laufen skaliere skalieren neustarten starte neu auflisten gibt wieviele viele funktioniert geht von auf und abgestürzt geändert geaendert lösche behebe repariere beschreibe fehler knoten hallo danke wer verbraucht',
    `warum, wieso, weshalb = why; ist = is; sind = are; kaputt, defekt = broken; zeig, zeige, zeigt = show; mir, uns = me; bitte = please; auflisten, liste = list; die, der, das, den, dem, des, ein, eine, einen, einem = the;
    von, vom = of; im = in; auf = on; aller, alle, allen = all; und = and; nicht = not; läuft, laufen, laeuft = running; was = what; los = wrong; welche, welcher, welches = which; wie viele, wieviele, wie viel = how many;
    wie geht es = how is; wie = how; funktioniert nicht, geht nicht = not working; funktioniert, geht = working; abgestürzt, abgestuerzt, stürzt ab, stürzen ab = crashed; neustarten, neu starten, neustart von = restart;
    skaliere, skalieren = scale; lösche, loesche, löschen = delete; fehler = errors; protokolle, protokoll = logs; beschreibe = describe; zurückrollen, rollback von = rollback; seit = since; stunde = hour; stunden = hours; minuten = minutes;
    letzten, letzte, letzter = last; heute = today; gestern = yesterday; was hat sich = what changed; was ist mit = what about; davon, daran, damit = of it; geändert, geaendert = changed; hat, haben = has; speicher = memory; verbraucht, braucht = uses; meisten, meiste = most; am = the; wer = who; gesund = healthy;
    bereit = ready; knoten = nodes; namensraum = namespace; hängt = hangs; langsam = slow; behebe, beheben, repariere = fix; hilfe = help; danke = thanks; hallo = hello; gibt es = are there; probleme = problems; mit = with; für = for;
    es, sie = it; sein, seine, deren, dessen = its; wo = where; wem gehört = who owns; zustand = status; alles = everything; wieder = again; immer noch = still;
    wenn, falls = if; sobald = once; nachdem, nach = after; bevor, vor = before; morgen = tomorrow; später, spaeter = later; dann, danach = then; außer, ausser = except; aber, sondern = but; nur = only; nie, niemals, kein, keine, keinen = not`,
  ),
  language(
    'por qué qué está están caído caida muéstrame muestrame muestra reinicia reiniciar escala escalar cuántos cuantos registros elimina borra hay fallando falla funciona arregla quién hola gracias logs_de pods_de',
    `por qué, por que, porqué, porque = why; está, esta, es = is; están, estan, son = are; caído, caido, caída, caida, caídos = down; fallando, falla, fallan = failing; roto, rota = broken; qué, que, cuál, cual, cuáles = what; pasa, ocurre = wrong;
    muéstrame, muestrame, muestra, mostrar, enséñame, dame = show; lista, listar = list; los, las, el, la, un, una, lo = the; de, del = of; en = in; y = and; con = with; no = not; reinicia, reiniciar, reinicie = restart; escala, escalar = scale; a = to;
    cuántos, cuantos, cuántas, cuantas = how many; hay = are there; registros = logs; borra, elimina, borrar, eliminar = delete; hola = hello; gracias = thanks; ayuda = help; errores = errors; cambió, cambio, cambiado = changed; hoy = today; ayer = yesterday;
    última, ultima, último, últimas = last; hora = hour; horas = hours; minutos = minutes; nodos = nodes; memoria = memory; usa, consume = uses; más, mas = most; quién, quien = who; arregla, arreglar = fix; listos, listo = ready; por favor = please;
    revierte, deshaz = rollback; funciona = working; lento, lenta = slow; todos, todas = all; todo = everything; estado = status; ha = has; sus, su = its; qué tal, que tal, qué hay de = what about; sigue = still; espacio de nombres = namespace; dónde = where;
    si = if; cuando = when; después de, después, despues = after; antes de, antes = before; mañana = tomorrow; luego, entonces = then; excepto, salvo = except; pero, sino = but; solo, sólo = only; nunca, ninguno = not`,
  ),
  language(
    'por que está caindo caiu mostre mostrar reinicie reiniciar escale quantos quantas registros não acontecendo falhando quebrado conserte reverta quem olá obrigado',
    `por que, porque, por quê, porquê = why; está, esta, tá = is; estão, são = are; caindo, caiu, caído, fora do ar = down; falhando, falha = failing; quebrado = broken; o que, qual, quais = what; acontecendo, acontece, houve, errado = wrong;
    me mostre, mostre, mostrar, mostra, me mostra, exiba = show; liste, listar = list; os, as, o, um, uma = the; do, da, dos, das, de = of; no, na, nos, nas, em = in; e = and; com = with; não = not; reinicie, reiniciar, reinicia = restart; escale, escalar = scale;
    para = to; quantos, quantas = how many; há = are there; registros = logs; apague, exclua, remova = delete; olá = hello; obrigado, obrigada = thanks; ajuda = help; erros = errors; mudou = changed; hoje = today; ontem = yesterday; última, último = last;
    hora = hour; horas = hours; minutos = minutes; nós = nodes; memória = memory; usa, consome = uses; mais = most; quem = who; conserte, corrija = fix; prontos = ready; por favor = please; reverta = rollback; funcionando, funciona = working; lento = slow;
    todos, todas = all; tudo = everything; estado = status; ainda = still; onde = where; dele, dela = of it; seus, suas = its;
    se = if; quando = when; depois de, depois = after; antes de, antes = before; amanhã = tomorrow; então = then; exceto = except; mas = but; só, somente, apenas = only; nunca, nenhum = not`,
  ),
  language(
    "pourquoi montre affiche redémarre redemarre redémarrer combien marche fonctionne sont journaux supprime quels quelles répare qu'est-ce cassé dans bonjour merci",
    `pourquoi = why; est = is; sont = are; ne marche pas, ne fonctionne pas, marche pas = is not working; ne va pas = is wrong; marche, fonctionne = working; tombé, en panne = down; cassé = broken; montre-moi, montre moi, montre, affiche = show; liste = list;
    les, le, la, un, une, des = the; de, du = of; dans, en, sur = in; et = and; pas = not; ne = ; redémarre, redemarre, redémarrer = restart; combien de, combien = how many; journaux = logs; supprime = delete; bonjour = hello; merci = thanks; aide = help;
    erreurs = errors; changé = changed; aujourd'hui = today; hier = yesterday; dernière, dernier = last; heure = hour; heures = hours; noeuds, nœuds = nodes; mémoire = memory; utilise = uses; plus = most; qui = who; répare, corrige = fix; prêts = ready;
    s'il te plaît, s'il vous plaît, svp, stp = please; lent = slow; qu'est-ce qui, que, quels, quelles, quel = what; à = to; tous, toutes = all; tout = everything; état = status; encore, toujours = still; ses, son = its; où = where; y a-t-il = are there;
    si = if; quand = when; après = after; avant = before; demain = tomorrow; puis, ensuite = then; sauf = except; mais = but; seulement = only; jamais, aucun, aucune = not`,
  ),
]

// written without spaces: parts are replaced where they stand, longest first
const PARTS: readonly [part: string, english: string][] = Object.entries({
  再起動: 'restart',
  重启: 'restart',
  ロールバック: 'rollback',
  戻して: 'rollback',
  回滚: 'rollback',
  スケール: 'scale',
  扩容: 'scale',
  削除: 'delete',
  删除: 'delete',
  見せて: 'show',
  表示: 'show',
  教えて: 'show',
  一覧: 'list',
  显示: 'show',
  查看: 'show',
  列出: 'list',
  しないで: 'not',
  するな: 'not',
  不要: 'not',
  别: 'not',
  なぜ: 'why',
  どうして: 'why',
  为什么: 'why',
  何が: 'what is wrong',
  怎么了: 'what is wrong',
  落ち: 'down',
  挂了: 'down',
  動かない: 'not working',
  動いて: 'running',
  障害: 'problem',
  問題: 'problem',
  问题: 'problem',
  エラー: 'errors',
  错误: 'errors',
  直して: 'fix',
  修正: 'fix',
  修复: 'fix',
  ログ: 'logs',
  日志: 'logs',
  イベント: 'events',
  事件: 'events',
  ノード: 'nodes',
  节点: 'nodes',
  ポッド: 'pods',
  状態: 'status',
  状态: 'status',
  いくつ: 'how many',
  多少: 'how many',
  変わった: 'what changed',
  変更: 'what changed',
  メモリ: 'memory',
  内存: 'memory',
  助けて: 'help',
  ありがとう: 'thanks',
}).sort(([a], [b]) => b.length - a.length)

// what politeness and grammar leave beside them; anything else may be a "not", an "if" or an "after"
const LEFT_OVER =
  /[をがはのにでとへもや、。？！]|してください|して下さい|ください|下さい|お願いします|おねがいします|します|する|して|请|請|一下|把|到|个|個|台|的|了|吗/g

const CJK = /[\u3040-\u30ff\u3400-\u9fff\uff00-\uffef]/
// what a command begins with in English, and ends with elsewhere
const CHANGES = new Set(['restart', 'scale', 'rollback', 'delete', 'fix'])
const VERBS = new Set([...CHANGES, 'show', 'list', 'describe'])

/** `lower`: in lower case. The same text when it is English, or nothing that is known here. */
export function inEnglish(lower: string): string {
  const text = CJK.test(lower) ? withoutSpaces(lower) : separated(lower)
  const words = text.split(/\s+/).filter(Boolean)
  const spaced = ` ${words.map(bare).join(' ')} `
  const spoken = LANGUAGES.map((one) => ({ one, signs: one.signs.filter((sign) => spaced.includes(sign)) }))
  const [best] = spoken.sort((a, b) => b.signs.length - a.signs.length)
  if (!best || best.signs.length === 0) return text === lower ? lower : verbFirst(words)
  return verbFirst(inWords(words, best.one.words))
}

function bare(word: string): string {
  return word.replace(/^[¿¡("'`]+|[)"'`?!.,:;]+$/g, '')
}

/** "starte web neu": a verb in two parts is put together, and the "bitte" tells that it was German. */
function separated(lower: string): string {
  return lower
    .replace(/[¿¡]/g, '')
    .replace(/^(?:bitte )?starte (.{1,200}?) neu\b/, 'bitte restart $1')
    .replace(/^(?:bitte )?rolle (.{1,200}?) zurück\b/, 'bitte rollback $1')
}

function inWords(words: readonly string[], book: ReadonlyMap<string, string>): string[] {
  const phrase = (at: number, size: number) =>
    words
      .slice(at, at + size)
      .map(bare)
      .join(' ')
  const out: string[] = []
  for (let at = 0; at < words.length; ) {
    const size = [4, 3, 2, 1].find((count) => at + count <= words.length && book.has(phrase(at, count)))
    const last = words[at + (size ?? 1) - 1] ?? ''
    at += size ?? 1
    if (size === undefined) out.push(last)
    else {
      const english = book.get(phrase(at - size, size)) ?? ''
      // "auf 4": a number is what it is scaled to
      out.push(english === 'on' && /^\d+\W*$/.test(words[at] ?? '') ? 'to' : english, last.endsWith('?') ? '?' : '')
    }
  }
  return out.join(' ').split(/\s+/).filter(Boolean)
}

/** "web を再起動して" → "restart web"; "checkout のログ" → "logs of checkout". A change with more said about it becomes one with a "but", which is asked back. */
function withoutSpaces(lower: string): string {
  let text = lower
  for (const [part, english] of PARTS) text = text.replaceAll(part, ` ${english} `)
  const verbs = text.split(/\s+/).filter((word) => VERBS.has(word))
  const more = verbs.length > 1 || CJK.test(text.replace(LEFT_OVER, ''))
  const plain = text
    .replace(/([a-z0-9./-]+)\s*[の的]\s*([a-z0-9./-]+)/g, ' $2 of $1 ')
    .replaceAll('？', ' ?')
    .replace(new RegExp(CJK.source, 'g'), ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return more && verbs.some((verb) => CHANGES.has(verb)) ? `${plain} but` : plain
}

function verbFirst(words: readonly string[]): string {
  const at = words.findIndex((word) => VERBS.has(word))
  const asks = words.some((word) => /^(why|what|which|how|who)$/.test(word))
  // "web nicht neustarten" is no wish, and stays no beginning of one
  if (at <= 0 || asks || words.includes('not')) return words.join(' ')
  return [words[at], ...words.slice(0, at), ...words.slice(at + 1)].join(' ')
}

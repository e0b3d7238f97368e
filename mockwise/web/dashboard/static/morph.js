/** Make an element like another, touching only what differs: focus, what was typed and what is open stay. */
export function morph(have, want) {
  for (const { name, value } of want.attributes)
    if (name !== "open" && have.getAttribute(name) !== value) have.setAttribute(name, value)
  for (const { name } of [...have.attributes])
    if (name !== "open" && !want.hasAttribute(name)) have.removeAttribute(name)
  const named = new Map([...have.children].filter(child => child.id).map(child => [child.id, child]))
  const wanted = [...want.childNodes]
  const staying = new Set(wanted.map(child => child.id).filter(Boolean))
  let at = have.firstChild
  for (const child of wanted) {
    while (at?.id && !staying.has(at.id)) at = drop(at)
    const match = child.id ? named.get(child.id) : at && !at.id && at.nodeName === child.nodeName ? at : undefined
    if (!match) {
      have.insertBefore(child, at)
    } else {
      if (match === at) at = at.nextSibling
      else have.insertBefore(match, at)
      if (match.nodeType !== Node.ELEMENT_NODE) {
        if (match.data !== child.data) match.data = child.data
      } else if (!match.isEqualNode(child)) {
        morph(match, child)
      }
    }
  }
  while (at) at = drop(at)
}

function drop(node) {
  const next = node.nextSibling
  node.remove()
  return next
}

/* The page works without this: it only looks again when something happens, counts down, presses without a new page,
   and copies. */
import { beginCountdown } from "./countdown.js"
import { beginLooking, lookAgain } from "./look.js"
import { beginPressing } from "./press.js"

document.documentElement.classList.add("scripted")
const hub = document.querySelector("[data-hub]")?.dataset.hub
beginPressing()
beginCountdown(lookAgain)
if (hub) beginLooking(hub)

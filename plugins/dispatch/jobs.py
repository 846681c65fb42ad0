"""What dispatch hears."""

from liuhe import Listener
from plugins.cases.facts import CaseMoved
from plugins.dispatch import actions

LISTENERS = (Listener(CaseMoved, actions.judge_accepted, name="dispatch.judge_accepted"),)

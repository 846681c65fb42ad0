"""What work orders hear of their cases."""

from liuhe import Listener
from plugins.cases.facts import CaseMoved
from plugins.hotline import actions

LISTENERS = (Listener(CaseMoved, actions.follow_case, name="hotline.follow_case"),)

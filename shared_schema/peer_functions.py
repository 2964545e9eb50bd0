"""The twelve peer functions: activity codes of the contact log, strengths of staff, and what participants may need."""

from enum import StrEnum


class PeerFunction(StrEnum):
    """Values are the words staff see."""

    OUTREACH = "assertive outreach"
    EDUCATION = "community education"
    ADVOCACY = "advocacy"
    EMPOWERMENT = "empowerment and leadership development"
    CAPITAL_ASSESSMENT = "recovery capital assessment"
    PLANNING = "recovery and wellness planning"
    LINKAGES = "assertive linkages to community resources"
    SKILLS = "recovery-focused skills training"
    COMPANIONSHIP = "companionship and modeling"
    CRISIS_SUPPORT = "crisis support"
    RECOVERY_MANAGEMENT = "ongoing recovery management"
    NAVIGATION = "health system navigation"

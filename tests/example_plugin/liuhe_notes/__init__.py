"""便签 notes: a few words on a case, from one officer to the next."""
